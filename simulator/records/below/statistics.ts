import { createRandom, integerBetween } from '../../random.ts'
import type { RecordPlan, RecordSetting } from '../record-definition.ts'

const statisticsKey = 63

/** The statistics of an article, which only the article itself shows; a few have none. */
export function articleStatistics({ index, revision }: RecordPlan, { seed }: RecordSetting): string {
  const random = createRandom(seed, statisticsKey, index, revision)
  if (index % 7 === 3) return 'null'
  return JSON.stringify({
    type: 'article_statistics',
    views: integerBetween(random, 0, 900),
    conversions: 0,
    reactions: integerBetween(random, 0, 50),
    happy_reaction_percentage: 40.5,
    neutral_reaction_percentage: 40,
    sad_reaction_percentage: 19.5,
    fin_involvements: integerBetween(random, 0, 9),
    fin_resolutions: 0,
    fin_resolution_rate: 0,
  })
}
