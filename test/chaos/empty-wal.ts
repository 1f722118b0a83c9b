// `empty-wal.ts FILE…`: moves everything from the WAL into its file, so that the next commit has to make the WAL grow.
import { DatabaseSync } from 'node:sqlite'

for (const path of process.argv.slice(2)) {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA busy_timeout = 500; PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
}
