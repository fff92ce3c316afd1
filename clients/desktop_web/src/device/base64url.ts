/** RFC 7515 §2: base64url without padding. */

export function base64urlFromBytes(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export function base64urlFromText(text: string): string {
  return base64urlFromBytes(new TextEncoder().encode(text));
}

export async function sha256Base64url(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return base64urlFromBytes(new Uint8Array(digest));
}
