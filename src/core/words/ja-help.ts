// Japanese: verbs, flags and what help teaches.

export const jaHelp: Readonly<Record<string, string>> = {
  'the relay, in the foreground': 'フォアグラウンドで動く中継サーバー',
  'an offline mail internet, the relay and the status page': 'オフラインのメール環境一式。中継サーバーと状態ページ付き',
  'one message to each destination, then stop': '各宛先に 1 通ずつ送って終了',
  'downgrade attacks against this relay, or any other, judged by what arrived':
    'この中継サーバー、または他の中継サーバーへのダウングレード攻撃。届いた先で判定',
  'these attacks': 'この攻撃だけ',
  "another relay, which must use the laboratory's resolver and ports":
    '他の中継サーバー。実験環境のリゾルバーとポートを使う設定が必要',
  'what that relay claims: dane, dnssec, mta-sts, requiretls, tls-required-no, smtp-server, strict-replies':
    'その中継サーバーが対応を称するもの: dane, dnssec, mta-sts, requiretls, tls-required-no, smtp-server, strict-replies',
  'of the laboratory: dns, smtp, https': '実験環境のポート: dns, smtp, https',
  'where its trust anchor and CA bundle are written; default ./sekisho-siege':
    'トラストアンカーと CA バンドルの出力先。既定は ./sekisho-siege',
  'has that relay try the domain again that is put behind it':
    '末尾に付けたドメインを、その中継サーバーに再試行させるコマンド',
  'what would happen to mail for this destination now, and why': 'この宛先へのメールが今どうなるか、その理由',
  'only this MX host': 'この MX ホストだけ',
  'one server without MX look-up': 'MX を引かずにサーバー 1 台だけ',
  'its port': 'そのポート',
  'how TLS begins there': 'そこでの TLS の始め方',
  'every address of every host': 'すべてのホストのすべてのアドレス',
  'look-ups only': '問い合わせだけで接続しない',
  'as for a message with REQUIRETLS': 'REQUIRETLS 付きのメッセージとして',
  'as if this were the floor': 'これが下限であるものとして',
  'exit 1 below this level': 'この水準に満たなければ終了コード 1',
  'as another sender would judge': '別の種類の送信側の判断として',
  'a certificate that is not live yet, in place of what is presented':
    '提示された証明書の代わりに使う、まだ公開していない証明書',
  'the issuers that will be sent with --cert': '--cert とともに送る発行者の証明書',
  'write a report as well': 'レポートも書き出す',
  'let the running relay look, with its caches': '動作中の中継サーバーに、そのキャッシュを使って調べさせる',
  'an SMTP dialogue, line by line: with one destination, or those of the running relay':
    'SMTP の対話を 1 行ずつ表示。宛先を一つ指定するか、動作中の中継サーバーのもの',
  'what happened to this message, and what happens next': 'このメッセージに何が起き、次に何が起きるか',
  'send one real test message and show what protected it': '本物の試験メッセージを 1 通送り、何で保護されたかを表示',
  'exit 1 if less protected it; for scheduled checks': '保護がこれに満たなければ終了コード 1。定期検査用',
  'can this machine do the job, and is a domain of ours ready for DANE':
    'このマシンで運用できるか、自ドメインは DANE の準備ができているか',
  'its mail hosts show that port 25 is open; default: large receivers':
    'このドメインのメールホストで 25 番ポートの開通を確認。既定は大手の受信側',
  'connect to nobody': 'どこにも接続しない',
  'a name that must be secure': 'secure でなければならない名前',
  'a name that must be bogus': 'bogus でなければならない名前',
  'one validated look-up with the chain that decided': '検証付きの問い合わせを 1 件。判断の根拠となったチェーン付き',
  'the waiting mail': '待機中のメール',
  'why; kept with the message': '理由。メッセージとともに記録',
  'override: floor, dane, mta-sts, dnssec; for this message alone':
    'override: floor, dane, mta-sts, dnssec。このメッセージだけに有効',
  'delivery records: every attempt, where it went, what protected it': '配送記録: すべての試行、送り先、保護の手段',
  'go on with what comes; ends with Ctrl-C or --timeout':
    '新しい記録を待って表示し続ける。Ctrl-C または --timeout で終了',
  'how the domains that mail goes to stand: what they show, what came of the mail':
    '宛先ドメインの状況: 相手が示したもの、メールの結果',
  'MTA-STS policies: those the relay has cached, a file judged, a new one from the live MX set':
    'MTA-STS ポリシー: 中継サーバーのキャッシュ、ファイルの検査、現在の MX からの作成',
  'make: default testing; none shows how to remove a policy': 'make: 既定は testing。none はポリシーの廃止手順を表示',
  'make: default 30d for enforce, 7d for testing, 1d for none': 'make: 既定は enforce 30d、testing 7d、none 1d',
  'lint: one record of the TXT set; repeatable': 'lint: TXT レコード群のうち 1 件。複数指定可',
  'lint: does the policy name this host; repeatable': 'lint: ポリシーにこのホストが載っているか。複数指定可',
  'TLSA records: made, compared with what is presented, watched, and changed together with certificates':
    'TLSA レコードの作成、提示された証明書との照合、監視、証明書と合わせた更新',
  'make: PEM or DER, leaf first; repeatable': 'make: PEM または DER、リーフが先頭。複数指定可',
  'make: public or private key': 'make: 公開鍵または秘密鍵',
  'make: certificate request': 'make: 証明書署名要求 (CSR)',
  'make: what this server presents': 'make: このサーバーが提示するもの',
  'make: default 3, the certificate itself': 'make: 既定は 3（証明書そのもの）',
  'make: default 1, its key': 'make: 既定は 1（その鍵）',
  'make: default 1, SHA-256': 'make: 既定は 1（SHA-256）',
  'the MX host that owns the records; repeatable': 'レコードを置く MX ホスト。複数指定可',
  'a mail domain: its MX hosts are found': 'メールドメイン。その MX ホストを調べる',
  'make: default tcp': 'make: 既定は tcp',
  'how TLS begins; none is the default for 443, 465 and the like': 'TLS の始め方。443 や 465 などの既定は none',
  'make: default zone, or bare without a host': 'make: 既定は zone。ホストの指定がなければ bare',
  'make: seconds, or 1h': 'make: 秒数、または 1h の形',
  'make: names relative to this zone': 'make: このゾーンからの相対名',
  'check: instead of what is published': 'check: 公開されているものの代わりに使う',
  'check: instead of what is presented; nothing is connected to': 'check: 提示されるものの代わりに使う。接続はしない',
  'check: issuers that will be sent with --cert': 'check: --cert とともに送る発行者の証明書',
  'watch: one round, then 0, 1 while an alarm stands, 3 when it could not tell':
    'watch: 1 回だけ調べて終了。0、警報が続いていれば 1、判断できなければ 3',
  'watch: from round to round': 'watch: 巡回の間隔',
  'watch: a standing alarm is told again after so long': 'watch: 続いている警報を再び知らせるまでの時間',
  'watch: run for each alarm and each recovery': 'watch: 警報と復旧のたびに実行',
  'watch: told by mail, best at a domain that is not watched':
    'watch: メールで通知。監視対象でないドメインの宛先が最適',
  'watch: takes the mail; default /usr/sbin/sendmail': 'watch: メールを渡すプログラム。既定は /usr/sbin/sendmail',
  'watch: the key that signs reports': 'watch: レポートに署名する鍵',
  'watch: name servers to ask one by one, instead of those that the zone names':
    'watch: ゾーンが示すものの代わりに 1 台ずつ尋ねるネームサーバー',
  'watch: which alarms stand; default below the state directory':
    'watch: 続いている警報の記録。既定は状態ディレクトリーの下',
  'rollover: only this one of the plan': 'rollover: 計画のうちこれだけ',
  'rollover: as rollover plan': 'rollover: rollover plan と同じ',
  'the settings: are they right, where do they come from': '設定: 正しいか、どこから来たか',
  'only what differs from the built-in values': '組み込みの値と異なるものだけ',
  'where each value comes from': 'それぞれの値の出どころ',
  'the built-in values': '組み込みの値',
  'ask the running relay; made for HEALTHCHECK': '動作中の中継サーバーに尋ねる。HEALTHCHECK 用',
  'ready to take and deliver mail, not only alive': '動いているだけでなく、受信と配送の準備ができているか',
  'completion for a shell, on standard output': 'シェルの補完を標準出力へ',
  'the manual page, on standard output': 'マニュアルページを標準出力へ',
  'the version': 'バージョン',
  'there is no flag {0}{1}': '{0} というオプションはありません{1}',
  '{0} takes no value': '{0} に値は指定できません',
  '{0} wants a value': '{0} に値を指定してください',
  'the value of {0} is missing; one that begins with a dash is written {1}=-…':
    '{0} の値がありません。ダッシュで始まる値は {1}=-… と書いてください',
  'there is no verb {0}{1}': '{0} というサブコマンドはありません{1}',
  'the dash in {0} is typographic, as documents make it from a hyphen: type - instead':
    '{0} のダッシュは、文書作成ソフトがハイフンから変換したものです。- を入力してください',
  'internal error: {0}': '内部エラー: {0}',
  usage: '使い方',
  'there is no verb or reason code {0}{1}': '{0} というサブコマンドも理由コードもありません{1}',
  '0 yes': '0 はい',
  '1 no': '1 いいえ',
  '2 asked wrongly': '2 使い方の誤り',
  '3 could not tell': '3 判断できず',
  '4 relay not reachable': '4 中継サーバーに接続できず',
  '5 internal error': '5 内部エラー',
  '{0} prints no data: leave --json out': '{0} はデータを出力しません。--json を外してください',
  'configuration; else $SEKISHO_CONFIG, ./sekisho.toml, /etc/sekisho/sekisho.toml':
    '設定ファイル。なければ $SEKISHO_CONFIG、./sekisho.toml、/etc/sekisho/sekisho.toml',
  'data on standard output, talk on standard error': 'データは標準出力、説明は標準エラーへ',
  'exit code only': '終了コードだけ',
  'all there is to know': '分かることをすべて',
  'NO_COLOR, FORCE_COLOR and TERM=dumb are honoured': 'NO_COLOR、FORCE_COLOR、TERM=dumb に従う',
  'no characters beyond ASCII': 'ASCII 以外の記号を使わない',
  'for everything that touches the network': 'ネットワークに触れるすべての処理の制限時間',
  'instead of the configured servers; tls://ip#name for DNS over TLS':
    '設定されたサーバーの代わり。DNS over TLS は tls://ip#name',
  'instead of the built-in root anchors': '組み込みのルートアンカーの代わり',
  'judge as of this instant': 'この時点で判断する',
  'the running relay to ask': '尋ねる相手の動作中の中継サーバー',
  'do not ask before acts that change the queue': 'キューを変える操作の前に確認しない',
  'never ask; without --yes the act is refused': '確認しない。--yes がなければ操作を行わない',
  'this text': 'この説明',
  'recipients of this domain': 'このドメインの宛先',
  'sender address': '差出人アドレス',
  'recipient address': '宛先アドレス',
  'received before that long ago': 'この時間より前に受信したもの',
  'received within that time': 'この時間内に受信したもの',
  'last reason code; see sekisho help <reason>': '最後の理由コード。sekisho help <reason> を参照',
  'queued, deferred, held, sent, bounced or dropped': 'queued、deferred、held、sent、bounced、dropped のいずれか',
  'at most so many': '最大件数',
  '--at wants an instant such as 2026-12-31T00:00:00Z, or +14d, not {0}':
    '--at には 2026-12-31T00:00:00Z のような時刻か +14d を指定してください（{0} ではなく）',
  '--timeout wants a duration such as 30s, not {0}':
    '--timeout には 30s のような時間を指定してください（{0} ではなく）',
  '--color wants auto, always or never, not {0}':
    '--color には auto、always、never のいずれかを指定してください（{0} ではなく）',
  '--url wants http://…, not {0}': '--url には http://… を指定してください（{0} ではなく）',
  'It stays in the foreground and logs to standard error, one JSON line for each event; SIGHUP reads the configuration anew, SIGTERM lets what is under way finish. Without any configuration it takes mail on 127.0.0.1:2525.':
    'フォアグラウンドで動き、イベントごとに JSON を 1 行ずつ標準エラーに記録します。SIGHUP で設定を読み直し、SIGTERM で処理中のものを終えてから停止します。設定がなければ 127.0.0.1:2525 でメールを受け取ります。',
  'Everything happens on this machine, with a signed root of its own. The lines at the start say where to look, what to send and which domains there are; each has one trait or flaw.':
    'すべてこのマシンの中で、独自の署名済みルートを使って動きます。最初の数行に、見る場所、送る方法、用意されたドメインが出ます。各ドメインには特徴か欠陥が一つずつあります。',
  'One line for each attack: held, or what got through and where it arrived. Exit 1 means that mail went where it must not go.':
    '攻撃ごとに 1 行: held（防いだ）、または何が通り抜けてどこに届いたか。終了コード 1 は、行ってはならない所へメールが行ったことを示します。',
  'Read the ladder from above: each rung says what was found and which rule that is; the last line is what delivery would do. "Could not tell" is neither yes nor no: mail would wait. ● (+ with --ascii) holds, ✗ (x) is broken, ? could not be told, ○ (-) does not apply or is what must be proven.':
    '段は上から順に読みます。各段は、判明したことと適用された規則を示します。最後の行は、配送がどうなるかです。「判断できません」は「はい」でも「いいえ」でもなく、メールは待機します。●（--ascii では +）は問題なし、✗（x）は異常、?は判断できず、○（-）は適用外、または証明が必要なものです。',
  '-> is what we say, <- what they say, ~> and <~ the same inside TLS, === what happened. With a domain nothing is sent but EHLO, STARTTLS and QUIT. Without one the dialogues of the running relay are shown; --domain, --from and --to pick sessions.':
    '-> はこちらの送信、<- は相手の応答、~> と <~ は TLS の中での同じもの、=== は起きたことです。ドメインを指定すると EHLO、STARTTLS、QUIT だけを送ります。指定しなければ動作中の中継サーバーの対話を表示し、--domain、--from、--to でセッションを選びます。',
  'The message from above: what its sender asked for, each attempt with the evidence that decided it, what comes next. The reason codes can be looked up: sekisho help <code>.':
    'メッセージの経過を上から順に示します: 差出人の要求、各試行とその決め手となった証拠、次に起きること。理由コードは sekisho help <code> で調べられます。',
  'One real message with a word of its own: the dialogue, the record, what was reached, and how to find the word and the TLS parameters in the Received field at the other end. --expect makes it a scheduled check (docs/gmail.md).':
    '固有の語を入れた本物のメッセージを 1 通送ります: 対話、記録、到達した保護の水準、そして相手側の Received フィールドでその語と TLS のパラメーターを見つける方法を示します。--expect を付けると定期検査になります (docs/gmail.md)。',
  'Each line is one thing that the relay needs; beneath what is wrong or could not be told stands what to do about it. Exit 3 and "not tested" for port 25: no host could be reached, which is usual where providers close it.':
    '各行は中継サーバーに必要なことの一つです。誤っているもの、判断できなかったものの下に、対処を示します。25 番ポートが終了コード 3「未検査」のときは、どのホストにも接続できませんでした。プロバイダーがポートを閉じている場合によくあります。',
  'secure: proven from the trust anchor. insecure: proven to be unsigned. bogus: signed, and wrong. indeterminate: no answer. The chain names the zone and key that decided.':
    'secure: トラストアンカーから証明済み。insecure: 署名がないことを証明済み。bogus: 署名があるが誤り。indeterminate: 応答なし。チェーンは、判断の根拠となったゾーンと鍵を示します。',
  'An act on the queue says first how many messages and recipients fit; bounce and drop ask, or want --yes. The last column is the reason code of the last attempt: sekisho help <code>.':
    'キューへの操作は、該当するメッセージと宛先の数をまず示します。bounce と drop は確認を求めるか --yes が必要です。最後の列は最後の試行の理由コードです: sekisho help <code>。',
  'One line for each attempt, oldest first: recipients, host, status, what came of it, and in brackets what protected it or the reason code. The records are those of the queue, kept as long as queue.keep_history says; nothing is read from log files.':
    '試行ごとに 1 行、古い順です: 宛先、ホスト、ステータス、結果、括弧内に保護の手段または理由コード。記録はキューのもので、queue.keep_history の期間だけ保存されます。ログファイルは読みません。',
  'SHOWN is the strongest thing that the host proved last: dane, webpki, encrypted, cleartext. BECAUSE is why the last attempt failed. show adds the cached policy and the last attempts.':
    '「提示」は、ホストが最後に示した最も強いものです: dane、webpki、encrypted、cleartext。「理由」は最後の試行が失敗した理由です。show はキャッシュされたポリシーと最近の試行も示します。',
  'list and show read what the running relay has cached; refresh fetches anew; forget is for a domain that has lost its policy by accident. make and lint need no relay: they are for the policy of a domain of your own.':
    'list と show は動作中の中継サーバーのキャッシュを読みます。refresh は取得し直します。forget は誤ってポリシーを失ったドメインのためのものです。make と lint に中継サーバーは不要で、自分のドメインのポリシーに使います。',
  'make prints records and checks them against what they were made from; check compares what is published with what is presented and names the record that would match. Publish first, wait, then install: never both at once.':
    'make はレコードを表示し、元になったものと照合します。check は公開されたものと提示されたものを比べ、一致するはずのレコードを示します。先に公開し、待ってから設置してください。同時に行ってはいけません。',
  'TLS reports (RFC 8460): list and show are those of this relay, preview is what would be sent, read summarises reports that others sent to you.':
    'TLS レポート (RFC 8460): list と show はこの中継サーバーのもの、preview は送られるはずのもの、read は他から届いたレポートの要約です。',
  'It takes a message on standard input as /usr/sbin/sendmail does, hands it to the relay, and ends with the statuses of sysexits.':
    '/usr/sbin/sendmail と同じく標準入力からメッセージを受け取り、中継サーバーに渡し、sysexits の終了コードで終わります。',
  'check reads everything that the relay would read, keys and anchors too, and names place and remedy of each fault. show --source tells where each value comes from.':
    'check は、鍵やアンカーも含めて中継サーバーが読むものをすべて読み、誤りごとに場所と対処を示します。show --source は、それぞれの値の出どころを示します。',
  'Exit 0 while the relay lives; with --ready while it takes and delivers mail, and else the reasons. Made for HEALTHCHECK.':
    '中継サーバーが動いていれば終了コード 0、--ready では受信と配送を行っていれば 0、そうでなければ理由を示します。HEALTHCHECK 用です。',
  'The script is printed; where it belongs is said in its first line.':
    'スクリプトを表示します。置き場所は最初の行にあります。',
  'The page is printed for man(7), made of the same table as this help.':
    'man(7) 形式のページを、この説明と同じ表から作って表示します。',
  'The version of the program and of the Node it runs on.': 'プログラムと、それが動いている Node のバージョンです。',
  'exit status': '終了コード',
  'flags of all verbs': 'すべてのサブコマンドに共通のオプション',
  cause: '原因',
  remedy: '対処',
  status: 'ステータス',
  source: '出典',
  'talk in this language; else LC_ALL, LC_MESSAGES and LANG say':
    '説明の言語。指定がなければ LC_ALL、LC_MESSAGES、LANG に従う',
  '--lang wants en or ja, not {0}': '--lang には en か ja を指定してください（{0} ではなく）',
  'sekisho help <verb> shows examples and flags, sekisho help <reason> explains a reason code.':
    'sekisho help <verb> で例とオプション、sekisho help <reason> で理由コードの説明を表示します。',
  '; did you mean {0}?': '。{0} でしょうか?',
  'a mail relay that delivers only over connections it can prove': '証明できる接続でのみ配送するメール中継サーバー',
  'ask every authoritative server by itself, and show where they differ':
    'すべての権威サーバーに個別に尋ね、異なる点を示す',
  'ask these name servers instead of those that the zones name; means --all-auth':
    'ゾーンが示すものの代わりにこのネームサーバーに尋ねる。--all-auth を含む',
  'default 25; repeatable': '既定は 25。複数指定可',
  'bash completion for sekisho; put it into /etc/bash_completion.d or source it':
    'sekisho の bash 補完。/etc/bash_completion.d に置くか、source で読み込みます',
  'zsh completion for sekisho; put it as _sekisho into a folder of $fpath':
    'sekisho の zsh 補完。$fpath のいずれかのディレクトリーに _sekisho として置きます',
  'fish completion for sekisho; put it into ~/.config/fish/completions/sekisho.fish':
    'sekisho の fish 補完。~/.config/fish/completions/sekisho.fish に置きます',
  'examples and flags of a verb, or what a reason code means': 'サブコマンドの例とオプション、または理由コードの意味',
  NAME: '名前',
  SYNOPSIS: '書式',
  VERBS: 'サブコマンド',
  'FLAGS OF ALL VERBS': '共通のオプション',
  'EXIT STATUS': '終了コード',
  'REASON CODES': '理由コード',
  FILES: 'ファイル',
  'SEE ALSO': '関連項目',
  'yes: would deliver as demanded; done': 'はい: 要求どおりに配送されます。完了しました',
  'no: the answer is negative': 'いいえ: 否定の結果です',
  'asked wrongly: flag, domain, file, configuration': '使い方の誤り: オプション、ドメイン、ファイル、設定',
  'could not tell: no answer, time-out, bogus': '判断できず: 応答なし、時間切れ、bogus',
  'the running relay is not reachable, or it refused the token':
    '動作中の中継サーバーに接続できないか、トークンが拒否されました',
  'internal error': '内部エラー',
  'Of several subjects the worst counts, in the order 5, 4, 2, 1, 3, 0.':
    '対象が複数のときは最も悪いものが終了コードになります。悪い順に 5、4、2、1、3、0 です。',
  'What sekisho help <code> explains, with cause and remedy.':
    'sekisho help <code> で、原因と対処を含む説明を表示します。',
  'The configuration, unless --config, $SEKISHO_CONFIG or ./sekisho.toml names another.':
    '設定ファイル。--config、$SEKISHO_CONFIG、./sekisho.toml が別のものを示す場合を除きます。',
  'What the profile sets:': 'プロファイルが設定するもの:',
  'list: domains whose mail waits because it could not go safely, and whom to tell':
    'list: 安全に配送できずメールが待機しているドメインと、その連絡先',
};
