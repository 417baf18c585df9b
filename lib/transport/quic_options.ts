/** How we run QUIC, at either end. */

/**
 * Keep-alives hold the connection through quiet times and short outages; MoQ opens a stream per group, so
 * many may be open at once. Times are in milliseconds.
 */
export const QUIC_OPTIONS: Readonly<Deno.QuicTransportOptions> = {
  keepAliveInterval: 4000,
  maxIdleTimeout: 10_000,
  maxConcurrentBidirectionalStreams: 1024,
  maxConcurrentUnidirectionalStreams: 1024,
};
