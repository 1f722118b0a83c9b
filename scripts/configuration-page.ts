import { printReference } from '../src/config/index.ts'

export function configurationPage(): string {
  return `# Configuration

Every setting with its default, made from the schema by \`npm run docs\`. HOCON, YAML and JSON are read alike; \`\${ENV}\` and
\`\${?ENV}\` are substituted. Durations are numbers of milliseconds or text such as \`10 seconds\`, sizes bytes or text such as
\`1 MiB\`. \`millrace lint --config FILE --print\` prints what would be in force.

${printReference()}
`
}
