import { FAULTS } from './faults.js'
import { declareRounds } from './short-rounds.js'

declareRounds([FAULTS.clientsCutOff, FAULTS.acknowledgementsThrownAway])
