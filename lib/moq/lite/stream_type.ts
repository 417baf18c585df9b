/** What a moq-lite stream is for: the varint it starts with. */

/** Types of bidirectional streams. */
export const StreamType = {
  /** Asks which broadcasts there are. */
  announce: 1,
  /** Asks for the groups of a track. */
  subscribe: 2,
  /** Asks the peer to move on to another session; from moq-lite-04 on. */
  goaway: 5,
  /** Asks for a track's properties; from moq-lite-05 on. */
  track: 6,
  /** The in-band handshake of moq-lite-01 and -02, asked for by the client. */
  clientSetup: 0x20,
  /** The server's half of that handshake, on the same stream. */
  serverSetup: 0x21,
} as const;

/** Types of unidirectional streams. */
export const DataType = {
  /** Carries one group. */
  group: 0,
  /** Carries an endpoint's capabilities; from moq-lite-05 on. */
  setup: 1,
} as const;
