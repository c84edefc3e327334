// A node's databases, read and changed beside the running node, on whichever store the stories run. which: node or log.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const options = { encoding: 'utf8', maxBuffer: 1 << 30 };
const isSqlite = (nation) => nation.store === 'sqlite';

function ask(nation, node, which, sql, ...flags) {
  return isSqlite(nation) ? execFileSync('sqlite3', [...flags, '-cmd', '.timeout 10000', join(node.dir, 'data', `${which}.db`), sql], options)
    : execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', `${nation.store}_${node.name}_${which}`, '-c', sql], options);
}

// rows: each as its columns, which are texts.
export const rows = (nation, node, which, sql) => ask(nation, node, which, sql, '-readonly').trim().split('\n').filter(Boolean).map((line) => line.split('|'));
export const number = (nation, node, which, sql) => Number(rows(nation, node, which, sql)[0][0]);
export const change = (nation, node, which, sql) => { ask(nation, node, which, sql); };

// bytes: as SQL has them.
export const bytes = (nation, buffer) => (isSqlite(nation) ? `x'${buffer.toString('hex')}'` : `decode('${buffer.toString('hex')}', 'hex')`);
