// Shared caches as operators put them in front: nginx and Varnish with the files of deploy/cdn, in
// which only the ports and the folder are other ones. And the server behind them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PATIENCE_MS = 120_000; // for a machine that does much else
const DEPLOY = process.env.RUCK_CDN_FOLDER;
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** One request on a connection of its own, nothing unpacked: {status, headers, body}. */
export function ask(port, path, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, path, method, headers: { connection: 'close', ...headers }, agent: false },
      (response) => {
        const pieces = [];
        response.on('data', (piece) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** A process in a folder of its own; both are gone after the test. */
function start(t, command, args, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ruck-cdn-'));
  const child = spawn(command, args(folder), { env: { PATH: process.env.PATH, ...env(folder) } });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (log = (log + text).slice(-20_000)));
  }
  const gone = new Promise((done) => child.once('exit', done));
  t.after(async () => {
    child.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });
  return { child, folder, log: () => log };
}

async function until(condition, what) {
  for (const end = Date.now() + PATIENCE_MS; ; ) {
    const value = await condition();
    if (value) return value;
    assert.ok(Date.now() < end, what());
    await sleep(20);
  }
}
const answers = (port) => ask(port, '/readyz').then((reply) => reply.status === 200, () => false);

export async function startServer(t, settings = {}) {
  const server = start(t, process.env.RUCK_BINARY, () => ['serve'], (folder) => ({
    RUCK_TEST_SABOTAGE: 'no-shedding',
    RUCK_LISTEN: '127.0.0.1:0',
    RUCK_DATA_DIR: folder,
    RUCK_RATE_LIMITS: 'off',
    RUCK_TRUSTED_PROXIES: '127.0.0.1',
    ...settings,
  }));
  const port = await until(
    () => Number(/"event":"server.started".*"port":(\d+)/.exec(server.log())?.[1] ?? 0),
    () => `the server did not start: ${server.log()}`,
  );
  await until(() => answers(port), () => 'the server is not ready');
  return port;
}

/** The file of deploy/cdn with other values in the places where operators have theirs. */
function configured(name, values) {
  let text = readFileSync(join(DEPLOY, name), 'utf8');
  for (const [from, to] of Object.entries(values)) {
    assert.equal(text.split(from).length, 2, `${name} names ${from} once`);
    text = text.replace(from, to);
  }
  return text;
}

export async function startNginx(t, serverPort) {
  const port = await freePort();
  const isRoot = process.getuid() === 0;
  const nginx = start(t, process.env.RUCK_NGINX ?? 'nginx', (folder) => {
    mkdirSync(join(folder, 'logs'));
    writeFileSync(join(folder, 'ruck.conf'), configured('nginx.conf', {
      'listen 127.0.0.1:80;': `listen 127.0.0.1:${port};`,
      'http://127.0.0.1:8080': `http://127.0.0.1:${serverPort}`,
      '/var/cache/nginx/ruck': join(folder, 'cache'),
    }));
    const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${join(folder, name)};`);
    writeFileSync(join(folder, 'nginx.conf'), `
${isRoot ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${join(folder, 'pid')};
error_log stderr;
events { worker_connections 512; }
http {
  access_log off;
  ${folders.join('\n  ')}
  include ${join(folder, 'ruck.conf')};
}
`);
    return ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
  }, () => ({}));
  await until(() => answers(port), () => `nginx did not start: ${nginx.log()}`);
  return port;
}

export async function startVarnish(t, serverPort) {
  const port = await freePort();
  const varnish = start(t, process.env.RUCK_VARNISHD ?? 'varnishd', (folder) => {
    writeFileSync(join(folder, 'ruck.vcl'), configured('varnish.vcl', {
      '.port = "8080"': `.port = "${serverPort}"`,
    }));
    return ['-F', '-n', join(folder, 'work'), '-j', 'none', '-a', `127.0.0.1:${port}`,
      '-f', join(folder, 'ruck.vcl'), '-T', 'none', '-s', 'malloc,256m'];
  }, (folder) => ({ HOME: folder, TMPDIR: folder }));
  await until(() => answers(port), () => `varnishd did not start: ${varnish.log()}`);
  return port;
}

export const CACHES = { nginx: startNginx, varnish: startVarnish };
/** Whether the answer came out of the cache. */
export const isHit = ({ headers }) => headers['x-cache'] === 'HIT' || Number(headers.age ?? 0) > 0;
/** Whether no shared cache may give it to anybody else. */
export const isKeptPrivate = ({ headers }) =>
  /(^|[\s,])(no-store|private)([\s,]|$)/.test(headers['cache-control'] ?? '');
