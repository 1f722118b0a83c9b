// `hold-lock.ts FILE MS`: holds the write lock of a SQLite file, as a process does that hangs in a transaction.
import { DatabaseSync } from 'node:sqlite'

const [, , path = '', ms = '0'] = process.argv
const db = new DatabaseSync(path)
db.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE')
process.stdout.write('held\n')
setTimeout(() => {
  db.exec('COMMIT')
  db.close()
}, Number(ms))
