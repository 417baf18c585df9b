// Declarations of what ec-node uses of jsr:@std/ulid.
export declare function decodeTime(ulid: string): number;
export declare function monotonicUlid(seedTime?: number): string;
export declare function ulid(seedTime?: number): string;
