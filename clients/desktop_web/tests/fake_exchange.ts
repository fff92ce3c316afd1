import { AbandonedError, type HttpExchange, type HttpRequest } from '../src/bridge/http_exchange';
import { NoAnswerError } from '../src/bridge/http_exchange';

export type Reply = (request: HttpRequest) => Response | Promise<Response>;

/** An exchange that answers from a script, in order, and remembers what it was asked. */
export class FakeExchange {
  readonly requests: HttpRequest[] = [];
  readonly #replies: Reply[];

  constructor(...replies: Reply[]) {
    this.#replies = replies;
  }

  readonly exchange: HttpExchange = async (request) => {
    if (request.signal?.aborted === true) throw new AbandonedError();
    this.requests.push(request);
    const reply = this.#replies.shift();
    if (reply === undefined)
      throw new TypeError(`Nobody expected ${request.method} ${request.url}`);
    return reply(request);
  };

  then(...replies: Reply[]): void {
    this.#replies.push(...replies);
  }

  header(position: number, name: string): string | undefined {
    return this.requests[position]?.headers[name];
  }

  body(position: number): unknown {
    return JSON.parse(this.requests[position]?.body ?? 'null');
  }
}

export function json(
  status: number,
  content: unknown,
  headers: Record<string, string> = {},
): Reply {
  return () => new Response(JSON.stringify(content), { status, headers });
}

export const lineBroken: Reply = () => {
  throw new NoAnswerError('The line broke');
};

/** A refusal as the service sends it. */
export function refusal(
  status: number,
  code: string,
  {
    challenge,
    ...members
  }: { challenge?: string; serverTime?: string; nonce?: string; retriable?: boolean } = {},
): Reply {
  const headers: Record<string, string> = {};
  if (challenge !== undefined)
    headers['WWW-Authenticate'] = `DPoP algs="ES256", error="${challenge}"`;
  if (members.nonce !== undefined) headers['DPoP-Nonce'] = members.nonce;
  const error = {
    code: `MELMASTOON.BFF.BACKOFFICE.${code}`,
    status,
    userMessageKey: null,
    ...members,
  };
  return json(status, { error }, headers);
}

export interface ReadProof {
  readonly jti: string;
  readonly htm: string;
  readonly htu: string;
  readonly iat: number;
  readonly ath?: string;
  readonly nonce?: string;
}

/** The claims of a proof, unverified: proof.test.ts verifies them. */
export function claimsOf(proof: string | undefined): ReadProof {
  return JSON.parse(Buffer.from(proof?.split('.')[1] ?? '', 'base64url').toString()) as ReadProof;
}

/** What `/health/live` says of the time. */
export function tellTime(time: string): Reply {
  return json(200, {}, { Date: time });
}
