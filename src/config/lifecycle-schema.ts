import { z } from 'zod'
import { atLeast, duration } from './field-types.ts'

/** What a process does when the machine under it is going away. */
export const lifecycle = z
  .strictObject({
    watch: z
      .enum(['auto', 'always', 'never'])
      .default('auto')
      .describe(
        'Ask the metadata service of EC2 for spot interruptions and terminations by an Auto Scaling group, and drain. `auto`: on the aws backend, where that service answers: within a second at the start, or some minutes later while the process works.',
      ),
    rebalance: z
      .enum(['ignore', 'drain'])
      .default('ignore')
      .describe('What a rebalance recommendation does beside a line in the log.'),
    pollMs: duration
      .refine(...atLeast(50, 'ms'))
      .default(5000)
      .describe('Between two looks. AWS recommends five seconds.'),
    hook: z
      .string()
      .regex(/^[A-Za-z0-9_/-]{1,255}$/, 'expected the name of a lifecycle hook')
      .optional()
      .describe(
        'Termination hook of the Auto Scaling group that is this process’s own: its action is completed after the drain. Absent: nobody is told.',
      ),
    group: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('Auto Scaling group of this machine. Default: Auto Scaling is asked for it.'),
  })
  .prefault({})
  .describe('When the machine under a worker or collector is going away.')
