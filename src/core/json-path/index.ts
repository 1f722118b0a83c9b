export { compileJsonPath, type JsonPath, type Match } from './json-path.ts'
