// JSON Web Tokens as the fakes check them, with node:crypto alone.
import { createPublicKey, verify } from 'node:crypto';

const json = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());

/** {header, claims} of a token, or an Error that says what is wrong with it. */
export function readToken(token, key, algorithm) {
  const parts = String(token).split('.');
  if (parts.length !== 3) throw new Error('the token has not three parts');
  const [header, claims] = [json(parts[0]), json(parts[1])];
  if (header.alg !== algorithm) throw new Error(`alg is ${header.alg}, not ${algorithm}`);
  if (header.typ !== 'JWT') throw new Error(`typ is ${header.typ}`);
  const options = algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key;
  const signature = Buffer.from(parts[2], 'base64url');
  if (algorithm === 'ES256' && signature.length !== 64) throw new Error('the signature is not r, s');
  if (!verify('sha256', Buffer.from(`${parts[0]}.${parts[1]}`), options, signature)) {
    throw new Error('the signature is wrong');
  }
  return { header, claims };
}

/** The key of a point of P-256 in base64url, 65 bytes. */
export function p256Key(text) {
  const point = Buffer.from(text, 'base64url');
  if (point.length !== 65 || point[0] !== 4) throw new Error('k is no point of 65 bytes');
  const coordinate = (from) => point.subarray(from, from + 32).toString('base64url');
  return createPublicKey({
    format: 'jwk',
    key: { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) },
  });
}
