// Declarations of what ec-node uses of jsr:@std/streams.
export declare class ByteSliceStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor(start?: number, end?: number);
}
export declare class LimitedBytesTransformStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor(size: number, options?: { error?: boolean });
}
export declare class TextLineStream extends TransformStream<string, string> {
  constructor(options?: { allowCR?: boolean });
}
export declare function concatReadableStreams<T>(
  ...streams: ReadableStream<T>[]
): ReadableStream<T>;
export declare function mergeReadableStreams<T>(
  ...streams: ReadableStream<T>[]
): ReadableStream<T>;
export declare function toArrayBuffer(
  readableStream: ReadableStream<Uint8Array>,
): Promise<ArrayBuffer>;
export declare function toJson(
  readableStream: ReadableStream<unknown>,
): Promise<unknown>;
export declare function toText(
  readableStream: ReadableStream<string | Uint8Array>,
): Promise<string>;
export declare function toBytes(
  readableStream: ReadableStream<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>>;
