import { FAULTS } from './faults.js'
import { declareRounds } from './short-rounds.js'

declareRounds([FAULTS.nodeKilled, FAULTS.nodeTerminated])
