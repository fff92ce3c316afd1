/** How a stock-client script talks to its test: the task on standard input, what it saw on standard output. */

export const CLIENT_ID = 'melmastoon-desktop';
export const REDIRECT_URI = 'http://127.0.0.1:53682/callback';

/** `{iam, bff, basePath, username, password}`. */
export async function readTask() {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  return JSON.parse(text);
}

export function report(seen) {
  process.stdout.write(`${JSON.stringify(seen)}\n`);
}

export function require(condition, sentence) {
  if (!condition) throw new Error(sentence);
}
