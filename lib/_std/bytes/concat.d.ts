// Declarations of what ec-node uses of jsr:@std/bytes/concat.
export declare function concat(buffers: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
