// Writes docs/configuration.md from the configuration's schema. A test fails when the file is out of date.
import { writeFileSync } from 'node:fs'
import { configurationPage } from './configuration-page.ts'

writeFileSync('docs/configuration.md', configurationPage())
