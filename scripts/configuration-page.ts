import { printReference } from '../src/config/index.ts'

export function configurationPage(): string {
  return `# Configuration

Every setting with its default, made from the schema by \`npm run docs\`. HOCON, YAML and JSON are read alike; \`\${ENV}\` and
\`\${?ENV}\` are substituted. Durations are numbers of milliseconds or text such as \`10 seconds\`, sizes bytes or text such as
\`1 MiB\`. \`millrace lint --config FILE --print\` prints what would be in force.

A configuration of Snowplow Enrich (Kinesis) is read as it is, and fields of ours may stand in it:
[moving in](compatibility.md#moving-in).

${printReference()}

## Iglu resolver

\`igluConfig\` is Snowplow's own resolver configuration. Besides \`http\` and \`embedded\` a repository may be a folder, in the
layout of a static registry, \`schemas/VENDOR/NAME/jsonschema/1-0-0\`:

\`\`\`json
{
  "schema": "iglu:com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-1",
  "data": {
    "cacheSize": 500,
    "repositories": [
      { "name": "ours", "priority": 0, "vendorPrefixes": ["com.acme"], "connection": { "folder": { "path": "/etc/iglu" } } },
      {
        "name": "Iglu Central",
        "priority": 1,
        "vendorPrefixes": ["com.snowplowanalytics"],
        "connection": { "http": { "uri": "http://iglucentral.com" } }
      }
    ]
  }
}
\`\`\`

Without one, only the schemas count that come with Millrace: what Snowplow's trackers send by default, the configurations of
enrichments and what those attach. Everything else is then a \`schema_violations\` bad row.
`
}
