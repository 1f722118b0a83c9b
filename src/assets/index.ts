export { parsePlace, type ObjectPlace } from './object-url.ts'
export { openAssets, type AssetSettings } from './open.ts'
export { answerWanted, RemoteAssets, type AssetSent, type AssetWanted } from './remote-assets.ts'
export { AssetStore } from './store.ts'
