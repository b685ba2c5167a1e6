// Japanese: what doctor finds of certificate programs beside a plan or this relay.

export const jaRenewal: Readonly<Record<string, string>> = {
  renewal: '更新',
  '{0}: servers wants an address, or address:port, not {1}':
    '{0}: servers にはアドレスか address:port を指定してください（{1} ではなく）',
  'a plan of tlsa rollover: whether another program would write its live files; default /etc/sekisho/rollover.toml':
    'tlsa rollover の計画: ほかのプログラムが使用中のファイルを書き換えないかを調べます。既定は /etc/sekisho/rollover.toml',
  '{0}: {1} itself replaces {2}, past the plan': '{0}: {1} 自身が計画を通さずに {2} を置き換えます',
  'let the services load a copy that only the install hook writes, and name that as live':
    'install フックだけが書き込む複製をサービスに読み込ませ、それを live に指定してください',
  '{0}: {1} writes {2} when {3} renews, past the plan': '{0}: {3} の更新時に {1} が計画を通さずに {2} へ書き込みます',
  'take that hook away: the plan installs and reloads when the records are everywhere':
    'そのフックを外してください: レコードが行き渡った時点で、計画が設置と再読み込みを行います',
  '{0}: {1} renews, and only the plan writes {2}': '{0}: {1} が更新し、{2} に書き込むのは計画だけです',
  '{0}: {1} replaces it; no answer for {2}': '{0}: {1} が置き換えます。{2} の応答がありません',
  'ask again later': '後でもう一度確認してください',
  '{0}: {1} replaces it, and {2} names this very certificate':
    '{0}: {1} が置き換えますが、{2} はこの証明書そのものを指しています',
  'publish 3 1 1 beside it, wait, and take it away; or change both with sekisho tlsa rollover':
    '3 1 1 を並べて公開し、待ってからそれを削除してください。または sekisho tlsa rollover で両方を変更してください',
  'set reuse_key = True in {0}, or change both with sekisho tlsa rollover':
    '{0} に reuse_key = True を設定するか、sekisho tlsa rollover で両方を変更してください',
  'set PRIVATE_KEY_RENEW="no" in {0}, or change both with sekisho tlsa rollover':
    '{0} に PRIVATE_KEY_RENEW="no" を設定するか、sekisho tlsa rollover で両方を変更してください',
  '{0}: {1} renews it and keeps the key that {2} names': '{0}: {1} が更新し、{2} が指す鍵はそのまま使われます',
  '{0}: {1} makes a new key at each renewal, and {2} names the old one':
    '{0}: {1} は更新のたびに鍵を新しくしますが、{2} は古い鍵を指しています',
};
