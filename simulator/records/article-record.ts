import { createRandom, integerBetween, pick, type Random } from '../random.ts'
import { isAtLeast } from '../serving/api-version.ts'
import { adminId } from './people.ts'
import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'

const articleKey = 31
const firstArticleId = 6_871_000
/** So many articles were saved in one second, as an import does it, one second after the other. */
const importedTogether = 40

const locales = ['de', 'fr', 'ja', 'pt-BR', 'zh-CN'] as const
const titles = ['Getting started &amp; more', 'Rechnungen ändern', '請求書について', 'Export "CSV" files'] as const
const paragraphs = [
  '<p class="no-margin">Open <b>Settings</b> &gt; <i>Billing</i>.</p>\n',
  '<h2 id="h_1">Größe</h2><p class="no-margin">50\u00a0MB, \u2028 das reicht 🎉.</p>',
  '<div class="intercom-container"><img src="https://downloads.intercomcdn.com/i/o/1/a.png?expires=1"></div>',
  '<pre><code>curl -H "Authorization: Bearer …" \\\n  https://api.intercom.io</code></pre>',
] as const

const idOf = (index: number): string => String(firstArticleId + 7 * index)

function planArticle(index: number, setting: RecordSetting): RecordPlan {
  const { from, to } = setting.span
  const random = createRandom(setting.seed, articleKey, Math.floor(index / importedTogether))
  const updatedAt = integerBetween(random, from, to)
  return { index, id: idOf(index), createdAt: integerBetween(random, from, updatedAt + 1), updatedAt, revision: 0 }
}

function planCreatedArticle(index: number, now: number): RecordPlan {
  return { index, id: idOf(index), createdAt: now, updatedAt: now, revision: 0 }
}

function contentOf(
  random: Random,
  { index, createdAt, updatedAt, revision }: RecordPlan,
  { adminCount }: RecordSetting,
) {
  const title = `${pick(random, titles)} ${index}`
  return {
    title: revision === 0 ? title : `${title} r${revision}`,
    description: random() < 0.3 ? '' : `About ${index}`,
    body: Array.from({ length: integerBetween(random, 0, 6) }, () => pick(random, paragraphs)).join(''),
    author_id: Number(adminId(Math.floor(random() * Math.max(1, adminCount)))),
    state: random() < 0.2 ? 'draft' : 'published',
    created_at: createdAt,
    updated_at: updatedAt,
    url: random() < 0.2 ? null : `https://help.example.com/en/articles/${idOf(index)}`,
  }
}

/** What API 2.16 added. */
const addedMembers = {
  body_markdown: '# Markdown\n\nThe same.\n',
  has_unpublished_changes: false,
  draft_updated_at: null,
  ai_chatbot_availability: true,
  ai_copilot_availability: true,
  ai_sales_agent_availability: false,
  created_by_id: null,
  updated_by_id: null,
}

function renderArticle(plan: RecordPlan, setting: RecordSetting, version: string): string {
  const random = createRandom(setting.seed, articleKey, plan.index, plan.revision)
  const added = isAtLeast(version, '2.16') ? addedMembers : {}
  const parents = Array.from({ length: integerBetween(random, 0, 3) }, (_, place) => 145 + place)
  const translations = locales
    .filter(() => random() < 0.3)
    .map((locale) => [locale, { type: 'article_content', ...contentOf(random, plan, setting), ...added }])
  return JSON.stringify({
    id: plan.id,
    type: 'article',
    workspace_id: setting.workspaceId,
    parent_id: parents[0] ?? null,
    parent_type: parents.length > 0 ? 'collection' : null,
    parent_ids: parents,
    tags: { type: 'tag.list', tags: [] },
    ...contentOf(random, plan, setting),
    ...added,
    default_locale: 'en',
    translated_content:
      translations.length === 0 ? null : { type: 'article_translated_content', ...Object.fromEntries(translations) },
  })
}

/** Articles as `GET /articles` gives them: without statistics. */
export const articleDefinition: RecordDefinition = {
  stream: 'articles',
  plan: planArticle,
  planCreated: planCreatedArticle,
  render: renderArticle,
  dated: true,
  shapes: ['2.16'],
}
