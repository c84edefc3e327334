// bench/exchange: wrk -> node A -> mutual TLS -> node B -> backend, every message signed, verified and logged durably on both sides, against
// nginx -> nginx with kept-alive mutual TLS to the same backend; 1 KiB answers. Once with P-256 keys and once with RSA-2048 ones.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Nation } from '../test/lib/nation.mjs';
import { certificates, cpuMs, folder, line, need, nginx, opensslSpeed, wrk } from './lib.mjs';

need('wrk', 'nginx', 'openssl');
const dir = folder();
writeFileSync(join(dir, 'answer.json'), JSON.stringify({ filler: 'x'.repeat(1024 - 13) }));
certificates(dir);
await nginx(dir, 'backend', `server { listen 127.0.0.1:18801; location / { default_type application/json; root ${dir}; try_files /answer.json =404; } }`);
await nginx(dir, 'back', `upstream b { server 127.0.0.1:18801; keepalive 64; }
  server { listen 127.0.0.1:18802 ssl; ssl_certificate ${dir}/back.pem; ssl_certificate_key ${dir}/back.key; ssl_client_certificate ${dir}/ca.pem; ssl_verify_client on;
  location / { proxy_pass http://b; proxy_http_version 1.1; proxy_set_header Connection ""; } }`);
await nginx(dir, 'front', `upstream f { server 127.0.0.1:18802; keepalive 64; }
  server { listen 127.0.0.1:18803; location / { proxy_pass https://f; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_ssl_certificate ${dir}/front.pem;
  proxy_ssl_certificate_key ${dir}/front.key; proxy_ssl_trusted_certificate ${dir}/ca.pem; proxy_ssl_verify on; proxy_ssl_name back; proxy_ssl_session_reuse on; } }`);

// measure: a fresh nation with signing keys of this kind; its provider gets one service more (the backend, for the consumer's subsystem), and both nodes may be told
// to sign each message by itself.
async function measure(sign, batch) {
  const nation = await Nation.start({ people: 60, sign });
  try {
    await nation.sen(['nation', 'stop', nation.dir]);
    for (const node of [nation.police, nation.hanoi]) {
      const file = join(node.dir, 'node.yaml');
      let yaml = readFileSync(file, 'utf8');
      if (batch) yaml = yaml.replace(/^exchange:\n/m, `exchange:\n  batch: ${batch}\n`);
      if (node === nation.police) yaml = yaml.replace('  rights:\n', `  services:
    - {subsystem: population, code: bench, url: "http://127.0.0.1:18801/"}
  rights:
    - {client: VN/GOV/H26/desk, subsystem: population, service: bench, method: GET, path: "**", purposes: [residence.register], columns: ["*"]}
`);
      writeFileSync(file, yaml);
    }
    await nation.sen(['nation', 'start', nation.dir]);
    const script = join(dir, 'call.lua');
    writeFileSync(script, `wrk.headers["X-Road-Client"] = "VN/GOV/H26/desk"\nwrk.headers["X-Sen-Purpose"] = "residence.register"\n`);
    const first = await nation.call(nation.hanoi, '/r1/VN/GOV/G01/population/bench/', { method: 'GET' });
    if (first.status !== 200) throw new Error(`the first call failed: ${first.status} ${first.text}`);
    const servers = [nation.hanoi, nation.police].flatMap((n) => [n.pid('server'), n.pid('holder')]);
    const before = cpuMs(servers);
    const result = wrk(`${nation.hanoi.systems}/r1/VN/GOV/G01/population/bench/`, { script });
    return { ...result, cpu: (cpuMs(servers) - before) / result.requests };
  } finally {
    await nation.stop();
  }
}

const other = wrk('http://127.0.0.1:18803/');
console.log(`nginx  mutual TLS, unsigned, unlogged: ${line(other)}`);
for (const [sign, name, algorithm] of [['p256', 'P-256', 'ecdsap256'], ['rsa2048', 'RSA-2048', 'rsa2048']]) {
  const sen = await measure(sign);
  console.log(`sen    ${name}, what waits together is signed together: ${line(sen)}, ${sen.cpu.toFixed(2)} ms CPU an exchange`);
  const alone = await measure(sign, 1);
  console.log(`sen    ${name}, one signature a message: ${line(alone)}, ${alone.cpu.toFixed(2)} ms CPU an exchange`);
  const bare = opensslSpeed(algorithm), message = (r) => (r.cpu * 500).toFixed(0); // an exchange is two messages, each signed once, checked once, logged twice
  console.log(`cpu    ${name}: ${message(sen)} us a message signed together, ${message(alone)} us with a signature of its own; openssl speed: ${bare.sign.toFixed(0)} us to sign, ${bare.verify.toFixed(0)} us to verify`);
  console.log(`p99    sen ${sen.p99.toFixed(1)} ms, nginx ${other.p99.toFixed(1)} ms: ${(sen.p99 / other.p99).toFixed(1)} times`);
  console.log(`ratio ${(sen.rate / other.rate).toFixed(3)}  (sen ${name} ${sen.rate.toFixed(0)} req/s, nginx ${other.rate.toFixed(0)} req/s)`);
}
process.exit(0);
