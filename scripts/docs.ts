// Writes the pages that are made from code. A test fails when one is out of date.
import { writeFileSync } from 'node:fs'
import { conformancePage } from '../test/aws/conformance-page.ts'
import { configurationPage } from './configuration-page.ts'

writeFileSync('docs/configuration.md', configurationPage())
writeFileSync('docs/aws-conformance.md', conformancePage())
