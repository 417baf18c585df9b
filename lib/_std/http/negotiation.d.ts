// Declarations of what ec-node uses of jsr:@std/http/negotiation.
export declare function accepts(request: Pick<Request, "headers">): string[];
export declare function accepts(
  request: Pick<Request, "headers">,
  ...types: string[]
): string | undefined;
export declare function acceptsEncodings(
  request: Pick<Request, "headers">,
): string[];
export declare function acceptsEncodings(
  request: Pick<Request, "headers">,
  ...encodings: string[]
): string | undefined;
