export {
  ASSETS, type Asset, BURN, HOLDS, KINDS, type Ledger, MINT, accountOf, assertCirculation, assertConserved, balanceOf, checkPost, circulatingMicro, closeAccount, createLedger, openAccount, post,
} from './ledger.ts'
