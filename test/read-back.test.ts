import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbedded } from '../src/backends/embedded/index.ts'
import { openMemory } from '../src/backends/memory/index.ts'
import { testReadBack } from './read-back.ts'

testReadBack('memory', async () => {
  const backend = openMemory({ idleMs: 20 })
  return { backend, close: () => backend.close() }
})

testReadBack('embedded', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-read-back-'))
  const backend = openEmbedded({ directory, idleMs: 20 })
  const close = async () => {
    await backend.close()
    await rm(directory, { recursive: true })
  }
  return { backend, close }
})
