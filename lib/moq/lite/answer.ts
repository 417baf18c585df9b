import type { BidirectionalStream, Session } from "../../transport/session.ts";
import { Exchange } from "../exchange.ts";
import { encodeInitialAnnounces } from "./announce.ts";
import { ErrorCode, streamReason } from "./error_code.ts";
import { StreamType } from "./stream_type.ts";
import type { LiteVersion } from "./version.ts";

/** Options of {@linkcode answerPeer}. */
export interface AnswerOptions {
  /** Where the peer asks. */
  session: Session;
  /** The session's draft. */
  version: LiteVersion;
  /** Told the URI when the peer asks us to move on. */
  goaway: (uri: string) => void;
  /** Told what went wrong. */
  explain: (error: unknown) => void;
}

/** Answers what a peer asks of a subscriber, which has nothing to publish, until the session ends. */
export async function answerPeer(options: AnswerOptions): Promise<void> {
  try {
    for await (const stream of options.session.incomingBidirectionalStreams) {
      answer(stream, options);
    }
  } catch {
    // The session is lost, which its `closed` reports.
  }
}

async function answer(
  stream: BidirectionalStream,
  { version, goaway, explain }: AnswerOptions,
): Promise<void> {
  const exchange = new Exchange(stream);
  try {
    const type = await exchange.reader.varint();
    if (type === StreamType.announce) {
      await exchange.reader.message();
      // A relay takes anything but a proper answer as a reason to end the session.
      const nothing = encodeInitialAnnounces(version, [], 0);
      if (nothing.length > 0) await exchange.write(nothing);
    } else if (type === StreamType.goaway && version >= 4) {
      goaway((await exchange.reader.message()).string());
    } else {
      return await exchange.abort(streamReason(ErrorCode.notFound));
    }
    await exchange.finish();
    await exchange.reader.drain();
  } catch (error) {
    await exchange.abort(streamReason(ErrorCode.cancel));
    explain(error);
  }
}
