import type { HttpExchange } from './http_exchange';
import { objectFrom, textFrom, UnreadableError } from './shapes';

export interface Configuration {
  /** Origin of the service. */
  readonly bff: string;
  /** Origin of iam, where sign-in goes. */
  readonly iam: string;
  /** Path of the service's routes, without a slash at its end. */
  readonly basePath: string;
}

const CONFIGURATION_TIMEOUT_MILLISECONDS = 10_000;

export async function loadConfiguration(
  exchange: HttpExchange,
  pageOrigin: string,
): Promise<Configuration> {
  const response = await exchange({
    method: 'GET',
    url: `${pageOrigin}/config.json`,
    headers: { Accept: 'application/json' },
    timeoutMilliseconds: CONFIGURATION_TIMEOUT_MILLISECONDS,
  });
  if (!response.ok) throw new UnreadableError('There is no /config.json');
  return parseConfiguration(await response.json());
}

export function parseConfiguration(unchecked: unknown): Configuration {
  const members = objectFrom(unchecked, 'config.json');
  return {
    bff: originFrom(members['bff'], 'bff'),
    iam: originFrom(members['iam'], 'iam'),
    basePath: textFrom(members['basePath'], 'basePath').replace(/\/+$/, ''),
  };
}

function originFrom(value: unknown, name: string): string {
  const text = textFrom(value, name);
  if (!URL.canParse(text)) throw new UnreadableError(`${name} is not a URL`);
  return new URL(text).origin;
}
