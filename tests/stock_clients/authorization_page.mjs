/** What a person's browser does at the authorization page: fills in the form and follows it. */

const REDIRECT_STATUSES = [302, 303];

/** The callback URL that the page sends the browser to once the person has signed in. */
export async function signInAt(authorizationUrl, { username, password }) {
  const page = await fetch(authorizationUrl, { redirect: 'manual' });
  if (page.status !== 200) throw new Error(`The authorization page answered ${page.status}`);
  const form = readForm(await page.text(), authorizationUrl);
  form.fields.set('username', username);
  form.fields.set('password', password);
  const answer = await fetch(form.action, { method: 'POST', body: form.fields, redirect: 'manual' });
  const location = answer.headers.get('location');
  if (!REDIRECT_STATUSES.includes(answer.status) || location === null) {
    throw new Error(`Signing in answered ${answer.status}: ${await answer.text()}`);
  }
  return new URL(location);
}

function readForm(markup, pageUrl) {
  const action = /<form[^>]*\baction="([^"]*)"/.exec(markup)?.[1] ?? '';
  const fields = new URLSearchParams();
  for (const [input] of markup.matchAll(/<input[^>]*>/g)) {
    const name = attribute(input, 'name');
    if (name !== null) fields.set(name, attribute(input, 'value') ?? '');
  }
  return { action: new URL(unescaped(action), pageUrl), fields };
}

function attribute(tag, name) {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(tag);
  return found === null ? null : unescaped(found[1]);
}

function unescaped(text) {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#x27;', "'")
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
