// Google, as far as pushes know it: the OAuth token endpoint and FCM HTTP v1. Stricter than the real
// one: a member that it does not know is an error.
import { generateKeyPairSync } from 'node:crypto';
import { Ledger } from './ledger.mjs';
import { readToken } from './tokens.mjs';

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const CLOCK_DIFFERENCE_S = 300;
const PAYLOAD_BYTES_MAX = 4096;
const now = () => Math.floor(Date.now() / 1000);

const isText = (value) => typeof value === 'string';
const isTextMap = (value) =>
  value !== null && typeof value === 'object' && Object.values(value).every(isText);

/** The path of the first member that the reference does not allow, or null. */
export function flawOf(message) {
  const members = {
    'token notification data android apns': message,
    'title body': message.notification ?? {},
    'priority ttl collapse_key notification': message.android ?? {},
    channel_id: message.android?.notification ?? {},
    'headers payload': message.apns ?? {},
    'apns-push-type apns-priority apns-expiration apns-collapse-id': message.apns?.headers ?? {},
    'sound thread-id mutable-content': message.apns?.payload?.aps ?? {},
  };
  for (const [allowed, object] of Object.entries(members)) {
    const extra = Object.keys(object).find((name) => !allowed.split(' ').includes(name));
    if (extra) return extra;
  }
  const { notification, data, android, apns } = message;
  if (!isText(notification?.title) || !isText(notification?.body)) return 'message.notification';
  if (!isTextMap(data) || !isText(data.type)) return 'message.data';
  if (Object.keys(data).some((name) => /^(from|message_type|google\..*|gcm\..*)$/.test(name))) {
    return 'message.data';
  }
  if (!['HIGH', 'NORMAL'].includes(android?.priority)) return 'message.android.priority';
  if (!/^\d+s$/.test(android.ttl) || parseInt(android.ttl, 10) > 2419200) return 'message.android.ttl';
  if (android.notification?.channel_id !== 'rucking_app_notifications') return 'message.android';
  const headers = apns?.headers ?? {};
  if (!isTextMap(headers) || headers['apns-push-type'] !== 'alert') return 'message.apns.headers';
  if (!['5', '10'].includes(headers['apns-priority'])) return 'message.apns.headers';
  if (!/^\d+$/.test(headers['apns-expiration'])) return 'message.apns.headers';
  if (Buffer.byteLength(headers['apns-collapse-id'] ?? '') > 64) return 'message.apns.headers';
  if (apns.payload?.aps?.sound !== 'default') return 'message.apns.payload';
  const size = Buffer.byteLength(JSON.stringify({ notification, data }));
  return size > PAYLOAD_BYTES_MAX ? 'message' : null;
}

const failure = (status, name, code, field) => ({
  status,
  body: {
    error: {
      code: status,
      message: 'a text that may hold a token',
      status: name,
      details: [
        { '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode: code },
        ...(field
          ? [{
              '@type': 'type.googleapis.com/google.rpc.BadRequest',
              fieldViolations: [{ field, description: 'Invalid value' }],
            }]
          : []),
      ],
    },
  },
});

export class Google {
  ledger = new Ledger();
  oauth = { granted: 0, refused: 0, atOnceMax: 0, problems: [] };
  #atOnce = 0;
  #tokens = new Map(); // of access: when they end
  #count = 0;
  #key = generateKeyPairSync('rsa', { modulusLength: 2048 });

  constructor({ origin, project = 'ruck-test', oauthDelayMs = 0 }) {
    this.project = project;
    this.oauthDelayMs = oauthDelayMs;
    this.account = {
      type: 'service_account',
      project_id: project,
      private_key_id: 'fake-key-1',
      private_key: this.#key.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: `push@${project}.iam.gserviceaccount.com`,
      token_uri: `${origin}/token`,
    };
  }

  /** As when the account's key is changed: no token that was given is taken any more. */
  revoke() {
    this.#tokens.clear();
  }

  #checkAssertion(body) {
    const form = new URLSearchParams(body);
    if (form.get('grant_type') !== GRANT) throw new Error('grant_type is wrong');
    const { header, claims } = readToken(form.get('assertion'), this.#key.publicKey, 'RS256');
    if (header.kid !== this.account.private_key_id) throw new Error('kid is wrong');
    if (claims.iss !== this.account.client_email) throw new Error('iss is wrong');
    if (claims.aud !== this.account.token_uri) throw new Error('aud is wrong');
    if (claims.scope !== SCOPE) throw new Error('scope is wrong');
    if (Math.abs(claims.iat - now()) > CLOCK_DIFFERENCE_S) throw new Error('iat is not now');
    if (claims.exp <= now() || claims.exp > claims.iat + 3600) throw new Error('exp is wrong');
  }

  async token(request, body) {
    this.#atOnce += 1;
    this.oauth.atOnceMax = Math.max(this.oauth.atOnceMax, this.#atOnce);
    await new Promise((done) => setTimeout(done, this.oauthDelayMs));
    this.#atOnce -= 1;
    try {
      const type = request.headers['content-type'];
      if (type !== 'application/x-www-form-urlencoded') throw new Error(`content type ${type}`);
      this.#checkAssertion(body.toString());
    } catch (error) {
      this.oauth.refused += 1;
      this.oauth.problems.push(error.message);
      return { status: 400, body: { error: 'invalid_grant', error_description: error.message } };
    }
    this.oauth.granted += 1;
    const token = `ya29.fake-${(this.#count += 1)}`;
    this.#tokens.set(token, now() + 3599);
    return { status: 200, body: { access_token: token, expires_in: 3599, token_type: 'Bearer' } };
  }

  #isAuthorised(request) {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    return scheme === 'Bearer' && (this.#tokens.get(token) ?? 0) > now();
  }

  /** `mood` says how this request is treated: {dies, delivery}. */
  send(request, body, mood) {
    if (!this.#isAuthorised(request)) return failure(401, 'UNAUTHENTICATED', '');
    let message;
    try {
      ({ message } = JSON.parse(body.toString()));
    } catch {
      this.ledger.wrong('the body is no JSON');
      return failure(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT');
    }
    if (!isText(message?.token) || message.token.startsWith('bad-')) {
      return failure(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'message.token');
    }
    const flaw = flawOf(message);
    if (flaw) {
      this.ledger.wrong(`${flaw} of ${body}`);
      return failure(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', flaw);
    }
    if (message.token.startsWith('other-')) {
      return failure(403, 'PERMISSION_DENIED', 'SENDER_ID_MISMATCH');
    }
    if (this.ledger.isGone(message.token, mood.dies || message.token.startsWith('dead-'))) {
      return failure(404, 'NOT_FOUND', 'UNREGISTERED');
    }
    const id = message.data.notification_id ?? message.data.message_id ?? '?';
    this.ledger.accept(message.token, id, mood.delivery, message.android.collapse_key);
    return { status: 200, body: { name: `projects/${this.project}/messages/${(this.#count += 1)}` } };
  }

  report() {
    return { ...this.ledger.report(), oauth: this.oauth };
  }
}
