import { openAws, type AwsBackend, type AwsOptions } from './index.ts'
import { startService, type Script, type TestService } from './test-service.ts'

/** A backend whose Kinesis answers as a test says; both are closed when the test is over. */
export async function scripted(
  context: { after(work: () => Promise<void>): void },
  script: Script,
  options: Partial<AwsOptions> = {},
): Promise<{ backend: AwsBackend; service: TestService }> {
  const service = await startService(script)
  const backend = openAws({
    endpoint: service.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    leaseStore: () => {
      throw new Error('no leases here')
    },
    idleMs: 5,
    behindMs: 1,
    ...options,
  })
  context.after(async () => {
    await backend.close()
    await service.close()
  })
  return { backend, service }
}
