// The Japanese catalogue: English sentence or template to Japanese. `{0}`, `{1}`… and names in braces stand for values.
// です・ます in sentences, nouns in heads and lists. One word for one thing: certificate 証明書, look-up 問い合わせ, resolver リゾルバー, name
// resolution 名前解決, delivery 配送, relay 中継サーバー, queue キュー, sender 差出人 (of a message) and 送信側 (a mail system), recipient and
// destination 宛先, mail host メールホスト, verification 検証, expired 期限切れ, expiry 有効期限, revocation 失効, signature 署名, signed 署名済み,
// trust anchor トラストアンカー, published 公開, presented 提示, deferred 延期, bounce 差し戻し, notice 通知, to wait 待機, floor 下限, exception 例外,
// reason code 理由コード, verb サブコマンド, flag オプション, exit status 終了コード, laboratory 実験環境, fault 障害, remedy 対処.

import { jaEvidence } from './ja-evidence.ts';
import { jaHelp } from './ja-help.ts';
import { jaLab } from './ja-lab.ts';
import { jaReasons } from './ja-reasons.ts';
import { jaRenewal } from './ja-renewal.ts';
import { jaSettings } from './ja-settings.ts';
import { jaSiege } from './ja-siege.ts';
import { jaTlsa } from './ja-tlsa.ts';
import { jaVerbs } from './ja-verbs.ts';

export const japanese: Readonly<Record<string, string>> = {
  ...jaReasons,
  ...jaHelp,
  ...jaEvidence,
  ...jaVerbs,
  ...jaTlsa,
  ...jaSettings,
  ...jaRenewal,
  ...jaSiege,
  ...jaLab,
};
