// A push service for tests, and the browser's side of it: what the server sends is decrypted as a browser
// does (RFC 8291, aes128gcm of RFC 8188), with nothing but node's own cryptography.
import { createDecipheriv, createECDH, createHmac, randomBytes } from "node:crypto";
import { createServer } from "node:http";

const hmac = (key, ...parts) => createHmac("sha256", key).update(Buffer.concat(parts.map((part) => Buffer.from(part)))).digest();

export class PushService {
  static async start() {
    const service = new PushService();
    service.received = []; // {path, payload}, in the order in which it came
    service.ecdh = createECDH("prime256v1");
    service.ecdh.generateKeys();
    service.auth = randomBytes(16);
    service.server = createServer(async (incoming, outgoing) => {
      const pieces = [];
      for await (const piece of incoming) pieces.push(piece);
      service.received.push({ path: incoming.url, headers: incoming.headers, payload: service.open(Buffer.concat(pieces)) });
      outgoing.writeHead(201).end();
    });
    await new Promise((done) => service.server.listen(0, "127.0.0.1", done));
    return service;
  }
  get origin() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }
  // What a browser would give with each subscription.
  get browser() {
    return { origin: this.origin, keys: { p256dh: this.ecdh.getPublicKey("base64url"), auth: this.auth.toString("base64url") } };
  }
  open(body) {
    const salt = body.subarray(0, 16);
    const from = body.subarray(21, 21 + body[20]);
    const sealed = body.subarray(21 + body[20]);
    const secret = hmac(this.auth, this.ecdh.computeSecret(from));
    const ikm = hmac(secret, "WebPush: info\0", this.ecdh.getPublicKey(), from, [1]);
    const prk = hmac(salt, ikm);
    const key = hmac(prk, "Content-Encoding: aes128gcm\0", [1]).subarray(0, 16);
    const nonce = hmac(prk, "Content-Encoding: nonce\0", [1]).subarray(0, 12);
    const decipher = createDecipheriv("aes-128-gcm", key, nonce);
    decipher.setAuthTag(sealed.subarray(-16));
    const text = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString("utf8");
    return text.slice(0, text.lastIndexOf("\x02")); // the end, then padding
  }
  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

// In the place of the browser's own PushManager, which waits for its maker's service: in the page and in
// the service worker.
export function installPush({ origin, keys }) {
  if (!("PushManager" in globalThis)) return;
  const KEPT = "test-push";
  const store = {
    get: () => (globalThis.localStorage ? JSON.parse(localStorage.getItem(KEPT)) : (globalThis.testPush ?? null)),
    set(value) {
      if (globalThis.localStorage) localStorage.setItem(KEPT, JSON.stringify(value));
      else globalThis.testPush = value;
    },
  };
  const asSubscription = (kept) =>
    kept && {
      endpoint: kept.endpoint,
      options: { userVisibleOnly: true, applicationServerKey: Uint8Array.from(kept.key).buffer },
      toJSON: () => ({ endpoint: kept.endpoint, expirationTime: null, keys }),
      unsubscribe: async () => {
        store.set(null);
        return true;
      },
    };
  PushManager.prototype.getSubscription = async () => asSubscription(store.get());
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly) throw new DOMException("only what is shown", "NotAllowedError");
    store.set({ endpoint: `${origin}/push/${crypto.randomUUID()}`, key: [...new Uint8Array(applicationServerKey)] });
    return asSubscription(store.get());
  };
  if (!("Notification" in globalThis) || !globalThis.document) return;
  // How often the browser's question was asked.
  globalThis.questions = 0;
  const ask = Notification.requestPermission.bind(Notification);
  Notification.requestPermission = () => {
    globalThis.questions++;
    return ask();
  };
}
