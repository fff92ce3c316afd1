import { NoAnswerError, type HttpExchange } from './http_exchange';

const TIME_TIMEOUT_MILLISECONDS = 5_000;

/** Where a refusal tells no time (iam's `Date` cannot be read across origins), ask the service. */
export function serviceTimeFrom(
  exchange: HttpExchange,
  origin: string,
): () => Promise<string | null> {
  return async () => {
    try {
      const response = await exchange({
        method: 'GET',
        url: `${origin}/health/live`,
        headers: {},
        timeoutMilliseconds: TIME_TIMEOUT_MILLISECONDS,
      });
      return response.headers.get('Date');
    } catch (error) {
      if (error instanceof NoAnswerError) return null;
      throw error;
    }
  };
}
