// The harness of the stories: starts a real sandbox nation in a temporary folder and acts as clerks, citizens and information systems would.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const SEN = resolve(process.env.SEN_BIN ?? 'build/sen');
export const PASSWORD = 'lotus-pond-2026';
export const STORE = process.env.SEN_STORE ?? 'sqlite';
const RANGES = 200, FIRST_RANGE = 20, LOCK_PORT = 5999;

// lately: the last answers of any kind, cut short. An until that was in vain tells them: what it waited for did not come, but something did.
const lately = [], ANSWERS_TOLD = 4, CHARACTERS_TOLD = 1500, LOG_LINES_TOLD = 12, WATCH_MS = 100;
export function remember(asked, text) {
  const line = `${asked}: ${String(text).slice(0, CHARACTERS_TOLD)}`;
  if (line !== lately.at(-1)) lately.push(line);
  if (lately.length > ANSWERS_TOLD) lately.shift();
}

// listening: a server that nobody needs to reach: it says whether the port is free, and keeps it.
const listening = (host, port) => new Promise((done) => {
  const server = net.createServer().on('error', () => done(null));
  server.listen({ host, port, exclusive: true }, () => done(server.unref()));
});

// takeRange: a number of loopback addresses and page ports that no other process has, on this machine and at this moment; it stays ours until the process ends.
let next = process.pid % RANGES;
async function takeRange() {
  for (let tried = 0; tried < RANGES; tried++) {
    const range = FIRST_RANGE + (next++ % RANGES), pages = 20000 + range * 10;
    const held = await listening(`127.0.${range}.254`, LOCK_PORT);
    if (!held) continue;
    const ports = await Promise.all(Array.from({ length: 10 }, (_, i) => listening('127.0.0.1', pages + i)));
    ports.forEach((s) => s?.close());
    if (ports.every(Boolean)) return { net: `127.0.${range}`, pages };
    held.close();
  }
  throw new Error('every range of addresses for tests is taken');
}

// For a test that starts a nation by itself: addresses and a first page port that no Nation.start has.
export const { net: NET, pages: PORT } = await takeRange();

// Last number of a node's address and what is added to the first page port, as in country/vn/sandbox/nation.yaml.
const PLACES = { operator: [1, 0], police: [2, 1], hanoi: [3, 2], finance: [4, 3], environment: [5, 4], insurance: [6, 5] };

export class Nation {
  // nodes: which of the six a test needs; the operator is always there.
  static async start({ people = 60, bin = SEN, env = {}, nodes = ['operator', 'police', 'hanoi'], sign = 'p256', instance = 'VN' } = {}) {
    const n = new Nation();
    n.bin = bin;
    n.env = { ...process.env, ...env };
    n.dir = mkdtempSync(join(tmpdir(), 'sen-nation-'));
    const range = await takeRange();
    n.net = range.net;
    n.port = range.pages;
    n.store = STORE === 'sqlite' ? 'sqlite' : `${STORE}/t${process.pid}_${n.port}`;
    await n.sen(['nation', 'start', n.dir, '--people', String(people), '--net', n.net, '--port', String(n.port), '--store', n.store, '--nodes', nodes.join(','), '--sign', sign, '--instance', instance]).catch((e) => { throw new Error([e.message, ...n.complaints()].join('\n')); });
    n.watch = setInterval(() => n.tellFailure(), WATCH_MS).unref();
    nodes.forEach((name) => { n[name] = n.node(name, ...PLACES[name]); });
    n.people = readFileSync(join(n.dir, 'population.jsonl'), 'utf8').trim().split('\n').map((l) => JSON.parse(l));
    return n;
  }

  node(name, host, offset) {
    const dir = join(this.dir, name);
    return { name, dir, pages: `http://localhost:${this.port + offset}`, address: `${this.net}.${host}`, systems: `http://${this.net}.${host}:8080`,
      // undefined while there is none: between two lives of a process
      pid: (which) => { try { return Number(readFileSync(join(dir, 'run', `sen-${which}.pid`), 'utf8')) || undefined; } catch { return undefined; } },
      // whole lines only: the last one may be written just now
      log: () => readFileSync(join(dir, 'log', 'sen.log'), 'utf8').split('\n').slice(0, -1).flatMap((l) => { try { return [JSON.parse(l)]; } catch { return [{ raw: l }]; } }) };
  }

  // offer: services of a node that has none yet, and who may ask them for which purpose; written into its node.yaml, so it counts from the next start on.
  offer(node, services, rights) {
    const path = join(node.dir, 'node.yaml'), list = (rows) => rows.map((r) => `    - {${r}}\n`).join('');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^exchange:\n/m, `exchange:\n  services:\n${list(services)}  rights:\n${list(rights)}`));
  }

  welcome() { return readFileSync(join(this.dir, 'welcome.txt'), 'utf8'); }

  // sen: runs a command to its end; rejects with its output when the exit code is not the one expected.
  sen(args, { input, code = 0, timeout = 240000 } = {}) {
    return new Promise((done, fail) => {
      const child = execFile(this.bin, args, { env: this.env, timeout, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
        const got = error ? (error.code ?? -1) : 0;
        remember(`sen ${args.join(' ')}`, stdout + stderr);
        if (got === code) done({ stdout, stderr, code: got });
        else fail(new Error(`sen ${args.join(' ')} ended with ${got}, not ${code}:\n${stdout}${stderr}`));
      });
      child.stdin.on('error', () => {}); // it ended without reading; its exit code tells
      child.stdin.end(input ?? '');
    });
  }

  async restart() {
    await this.sen(['nation', 'stop', this.dir]);
    await this.sen(['nation', 'start', this.dir]);
  }

  // complaints: what the nodes said last in their logs that was not well; what is said again and again, once.
  complaints() {
    const logs = existsSync(this.dir) ? readdirSync(this.dir).filter((name) => existsSync(join(this.dir, name, 'log', 'sen.log'))) : [];
    return logs.flatMap((name) => this.node(name, 0, 0).log().filter((l) => l.level !== 'info' && l.level !== 'debug').filter((l, i, all) => !l.text || l.text !== all[i - 1]?.text)
      .slice(-LOG_LINES_TOLD).map((l) => `log of ${name}: ${JSON.stringify(l)}`));
  }

  // tellFailure: once a test has failed (the runner sets the exit code), before a later one makes the nodes complain of other things.
  tellFailure() {
    if (!process.exitCode) return;
    clearInterval(this.watch);
    if (!this.told) this.complaints().forEach((line) => console.log(line));
    this.told = true;
  }

  async stop({ keep = false } = {}) {
    this.tellFailure();
    clearInterval(this.watch);
    spawnSync(this.bin, ['nation', 'stop', this.dir], { env: this.env });
    if (!keep && !process.env.SEN_KEEP) rmSync(this.dir, { recursive: true, force: true });
  }

  // call: as an information system of a node: an X-Road REST request to its systems port.
  async call(node, path, { method = 'POST', client = 'VN/GOV/H26/desk', purpose = 'residence.register', body, headers = {} } = {}) {
    const h = { 'accept-language': 'en', ...headers };
    if (client) h['X-Road-Client'] = client;
    if (purpose) h['X-Sen-Purpose'] = purpose;
    if (body !== undefined) h['Content-Type'] ??= 'application/json';
    const r = await fetch(node.systems + path, { method, headers: h, body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body) });
    const text = await r.text();
    remember(`${method} ${path} to ${node.name}, ${r.status}`, text);
    let json;
    try { json = JSON.parse(text); } catch { /* not JSON */ }
    return { status: r.status, headers: r.headers, text, json, error: r.headers.get('x-road-error') };
  }
}

// exchangeHttp: one request without redirects; every Set-Cookie line is kept apart (Debian's Node.js 18 joins them in fetch).
const exchangeHttp = (url, { method = 'GET', headers = {}, body } = {}) => new Promise((done, fail) => {
  const rq = http.request(url, { method, headers: body === undefined ? headers : { ...headers, 'content-length': Buffer.byteLength(body) } }, (rs) => {
    const got = [];
    rs.on('data', (d) => got.push(d));
    rs.on('end', () => done({ status: rs.statusCode, headers: new Map(Object.entries(rs.headers).map(([k, v]) => [k, String(v)])), cookies: rs.headers['set-cookie'] ?? [], text: Buffer.concat(got).toString() }));
  });
  rq.on('error', fail);
  rq.end(body);
});

// Person: a browser without script: cookies, forms with their CSRF tokens, redirects.
export class Visitor {
  constructor(node) { this.node = node; this.cookies = new Map(); }

  async request(path, init = {}) {
    const headers = { ...(init.headers ?? {}) };
    if (this.cookies.size) headers.cookie = [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
    const r = await exchangeHttp(this.node.pages + path, { ...init, headers });
    for (const line of r.cookies) {
      const [pair] = line.split(';');
      const at = pair.indexOf('=');
      const value = pair.slice(at + 1);
      if (value === '' || /max-age=0/i.test(line)) this.cookies.delete(pair.slice(0, at));
      else this.cookies.set(pair.slice(0, at), value);
    }
    const html = r.text;
    this.last = { status: r.status, headers: r.headers, html, text: plain(html), location: r.headers.get('location') ?? null, path };
    remember(`${init.method ?? 'GET'} ${path} to ${this.node.name}, ${r.status}`, plain(/<main[\s\S]*<\/main>/.exec(html)?.[0] ?? html));
    return this.last;
  }

  get(path) { return this.request(path); }

  async follow(page) {
    for (let hops = 0; page.location && hops < 5; hops++) page = await this.get(new URL(page.location, this.node.pages).pathname + new URL(page.location, this.node.pages).search);
    return page;
  }

  // post: sends fields to path with the hidden fields of the form on the page before (the CSRF token among them) unless told not to.
  post(path, fields, { csrf = true } = {}) {
    const body = new URLSearchParams();
    if (csrf) for (const m of (this.last?.html ?? '').matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(m[0])?.[1], value = /value="([^"]*)"/.exec(m[0])?.[1];
      if (name && !body.has(name)) body.append(name, unescape_(value ?? ''));
    }
    for (const [k, v] of Object.entries(fields)) body.set(k, v);
    return this.request(path, { method: 'POST', body: body.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', origin: this.node.pages } });
  }

  async signIn(login, password = PASSWORD) {
    await this.get('/sign-in');
    return this.post('/sign-in', { login, password });
  }
}

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" };
const unescape_ = (s) => s.replace(/&(amp|lt|gt|quot|#39|#x27);/g, (_, e) => entities[e]);
export const plain = (html) => unescape_(html.replace(/<(script|style)[\s\S]*?<\/\1>/g, '').replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ').trim();

// alive: is there a process of this number that is more than the remains of one that ended?
export function alive(pid) {
  try { return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8')); } catch { return false; }
}

// until: asks again until it is true; a test that waits for something states what it waits for, and is told what came instead. Whoever asks in a way of its own calls remember.
export async function until(what, ask, ms = 60000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await ask();
    if (got) return got;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for: ${what}; the last answers: ${lately.join('\n')}`);
    await new Promise((r) => setTimeout(r, 50));
  }
}

// metric: a figure of a node as monitoring reads it.
export async function metric(node, name) {
  const got = new RegExp(`^${name} (\\d+)$`, 'm').exec(await (await fetch(`${node.systems}/metrics`)).text())?.[1];
  remember(`${name} of ${node.name}`, got);
  return Number(got);
}

export const allStamped = (node) => until(`every message of ${node.name} is time-stamped`, async () => await metric(node, 'sen_stamp_waiting') === 0 && await metric(node, 'sen_stamp_failing_seconds') === 0);
