export { engineNames, openScripts, scriptDefaults, type EngineName, type ScriptOptions } from './scripts.ts'
