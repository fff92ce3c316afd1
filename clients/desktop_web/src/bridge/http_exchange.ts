/** The one file that talks to the network. Everything else asks the bridge. */

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly timeoutMilliseconds: number;
  readonly signal?: AbortSignal | undefined;
}

export type HttpExchange = (request: HttpRequest) => Promise<Response>;

/** No answer came: no network, a refused connection, a reset, or the deadline passed. */
export class NoAnswerError extends Error {}

/** The caller took the request back. */
export class AbandonedError extends Error {}

export const exchangeOverNetwork: HttpExchange = async (request) => {
  const deadline = AbortSignal.timeout(request.timeoutMilliseconds);
  const signals = request.signal === undefined ? [deadline] : [deadline, request.signal];
  try {
    return await fetch(request.url, {
      method: request.method,
      headers: request.headers,
      signal: AbortSignal.any(signals),
      // No cookie ever, nothing kept, and a redirect would carry the proof to a place it does not name.
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      ...(request.body === undefined ? {} : { body: request.body }),
    });
  } catch (error) {
    if (request.signal?.aborted === true)
      throw new AbandonedError('The caller took the request back');
    throw new NoAnswerError('No answer came', { cause: error });
  }
};
