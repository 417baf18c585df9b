/** The messages of moq-transport that a subscriber sends or acts upon. Their numbers hardly change. */
export const MessageType = {
  /** Asks for the objects of a track. */
  subscribe: 0x03,
  /** Confirms a subscription. */
  subscribeOk: 0x04,
  /** Refuses a subscription; from draft 16 on, any request. */
  requestError: 0x05,
  /** Announces a namespace; "ANNOUNCE" in draft 07. */
  publishNamespace: 0x06,
  /** Accepts an announced namespace; from draft 16 on, any request. */
  requestOk: 0x07,
  /** Names a namespace below a prefix asked for; from draft 16 on. */
  namespace: 0x08,
  /** Takes an announced namespace back. */
  publishNamespaceDone: 0x09,
  /** Ends a subscription of ours. */
  unsubscribe: 0x0a,
  /** Says that nothing more comes of a subscription. */
  publishDone: 0x0b,
  /** Asks for the state of a track. */
  trackStatus: 0x0d,
  /** Takes a namespace named below a prefix back; from draft 16 on. */
  namespaceDone: 0x0e,
  /** Refuses to tell a track's state; draft 14. */
  trackStatusError: 0x0f,
  /** Asks to move on to another session. */
  goaway: 0x10,
  /** Asks for the namespaces below a prefix; up to draft 17. */
  subscribeNamespace: 0x11,
  /** Accepts that; up to draft 14. */
  subscribeNamespaceOk: 0x12,
  /** Refuses that; up to draft 14. */
  subscribeNamespaceError: 0x13,
  /** Allows more requests; up to draft 16. */
  maxRequestId: 0x15,
  /** Asks for objects of the past. */
  fetch: 0x16,
  /** Refuses to; draft 14. */
  fetchError: 0x19,
  /** Says that more requests would be made if they were allowed. */
  requestsBlocked: 0x1a,
  /** Offers a track. */
  publish: 0x1d,
  /** Declines it; draft 14. */
  publishError: 0x1f,
  /** The client's half of the handshake; up to draft 16. */
  clientSetup: 0x20,
  /** The server's half. */
  serverSetup: 0x21,
  /** The client's half of the handshake of draft 07. */
  legacyClientSetup: 0x40,
  /** The server's half. */
  legacyServerSetup: 0x41,
  /** Asks for the namespaces below a prefix; from draft 18 on. */
  subscribeNamespace18: 0x50,
  /** Asks for the tracks below a prefix; from draft 18 on. */
  subscribeTracks: 0x51,
  /** Either half of the handshake, on a stream of its own; from draft 17 on. */
  setup: 0x2f00,
} as const;
