/** An answer that is not what was asked for. */
export class HttpError extends Error {
  /** The name of the class. */
  override readonly name = "HttpError";
  /** The status code. */
  readonly status: number;
  /** What kind of error it is, for programs. */
  readonly error: string;
  /** Header fields of the answer. */
  readonly headers: Readonly<Record<string, string>>;

  /** `reason` says to people what is wrong; it must not tell more than they may know. */
  constructor(
    status: number,
    error: string,
    reason: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(reason);
    this.status = status;
    this.error = error;
    this.headers = headers;
  }

  /** The answer: `{"error": …, "reason": …}`. */
  toResponse(): Response {
    const body = new TextEncoder().encode(
      JSON.stringify({ error: this.error, reason: this.message }) + "\n",
    );
    return new Response(body, {
      status: this.status,
      headers: {
        "content-type": "application/json",
        "content-length": String(body.length),
        "cache-control": "no-store",
        ...this.headers,
      },
    });
  }
}
