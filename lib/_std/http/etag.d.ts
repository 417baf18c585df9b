// Declarations of what ec-node uses of jsr:@std/http/etag.
export declare function eTag(
  entity: string | Uint8Array,
  options?: { algorithm?: AlgorithmIdentifier; weak?: boolean },
): Promise<string>;
export declare function ifMatch(
  value: string | null,
  etag: string | undefined,
): boolean;
export declare function ifNoneMatch(
  value: string | null,
  etag: string | undefined,
): boolean;
