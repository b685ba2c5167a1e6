// source: an SMTP load generator.  N concurrent sessions send M messages in
// all, one recipient each, and report (JSON on stdout) how long each 250 after
// the final dot took.  Standard library only.
package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"net"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	addr     = flag.String("addr", "127.0.0.1:2525", "relay")
	conc     = flag.Int("c", 10, "concurrent sessions")
	total    = flag.Int64("n", 1000, "messages in all")
	size     = flag.Int("size", 5000, "message size in bytes, header included")
	perConn  = flag.Int("per-conn", 0, "messages per connection (0: all the session's)")
	domains  = flag.String("domains", "one.bench.test", "recipient domain, or PATTERN*COUNT such as d%02d.bench.test*50 (1..COUNT)")
	starttls = flag.Bool("starttls", false, "use STARTTLS to the relay")
	idBase   = flag.Int64("id", 0, "first X-Bench-Id")
	from     = flag.String("from", "sender@source.bench.test", "envelope sender")
	rcpts    = flag.Int("rcpts", 1, "recipients of each message, all of its domain")
	retries  = flag.Int("retries", 200, "how often one session may retry after a refused or lost connection")
	timeout  = flag.Duration("timeout", 120*time.Second, "per reply")
)

type result struct {
	Accepted int64            `json:"accepted"`
	Failed   int64            `json:"failed"`
	Conns    int64            `json:"conns"`
	StartNS  int64            `json:"start_ns"`
	EndNS    int64            `json:"end_ns"`
	Seconds  float64          `json:"seconds"`
	Rate     float64          `json:"rate"`
	P50      float64          `json:"lat_ms_p50"`
	P90      float64          `json:"lat_ms_p90"`
	P99      float64          `json:"lat_ms_p99"`
	Max      float64          `json:"lat_ms_max"`
	TxP50    float64          `json:"tx_ms_p50"`
	TxP99    float64          `json:"tx_ms_p99"`
	Errors   map[string]int64 `json:"errors,omitempty"`
}

var (
	next    int64
	accept  int64
	failed  int64
	conns   int64
	doms    []string
	body    []byte
	emu     sync.Mutex
	errs    = map[string]int64{}
	lat, tx []float64
	startNS int64
)

func note(e string) {
	if len(e) > 100 {
		e = e[:100]
	}
	emu.Lock()
	errs[e]++
	emu.Unlock()
}

type client struct {
	c  net.Conn
	r  *bufio.Reader
	w  *bufio.Writer
	ex string
}

func (c *client) reply() (string, error) {
	c.c.SetReadDeadline(time.Now().Add(*timeout))
	all := ""
	for {
		l, err := c.r.ReadString('\n')
		if err != nil {
			return all, err
		}
		all += l
		if len(l) >= 4 && l[3] == ' ' {
			return l[:3] + " " + all, nil
		}
		if len(l) < 4 {
			return all, fmt.Errorf("short reply %q", l)
		}
	}
}
func (c *client) cmd(s string, want byte) error {
	c.w.WriteString(s)
	c.w.WriteString("\r\n")
	if err := c.w.Flush(); err != nil {
		return err
	}
	return c.expect(want)
}
func (c *client) expect(want byte) error {
	r, err := c.reply()
	if err != nil {
		return err
	}
	c.ex = r
	if r[0] != want {
		return fmt.Errorf("reply %s", strings.TrimSpace(r))
	}
	return nil
}

func dial() (*client, error) {
	k, err := net.DialTimeout("tcp4", *addr, 10*time.Second)
	if err != nil {
		return nil, err
	}
	atomic.AddInt64(&conns, 1)
	atomic.CompareAndSwapInt64(&startNS, 0, time.Now().UnixNano())
	c := &client{c: k, r: bufio.NewReader(k), w: bufio.NewWriterSize(k, 65536)}
	if err := c.expect('2'); err != nil {
		k.Close()
		return nil, err
	}
	if err := c.cmd("EHLO source.bench.test", '2'); err != nil {
		k.Close()
		return nil, err
	}
	if *starttls {
		if err := c.cmd("STARTTLS", '2'); err != nil {
			k.Close()
			return nil, err
		}
		t := tls.Client(k, &tls.Config{InsecureSkipVerify: true, ServerName: "relay.bench.test"})
		if err := t.Handshake(); err != nil {
			k.Close()
			return nil, err
		}
		c.c, c.r, c.w = t, bufio.NewReader(t), bufio.NewWriterSize(t, 65536)
		if err := c.cmd("EHLO source.bench.test", '2'); err != nil {
			t.Close()
			return nil, err
		}
	}
	return c, nil
}

func (c *client) send(id int64) (float64, float64, error) {
	dom := doms[id%int64(len(doms))]
	rcpt := fmt.Sprintf("user%d@%s", id%997, dom)
	t0 := time.Now()
	if err := c.cmd("MAIL FROM:<"+*from+">", '2'); err != nil {
		return 0, 0, err
	}
	for k := 0; k < *rcpts; k++ {
		to := rcpt
		if k > 0 {
			to = fmt.Sprintf("user%d-%d@%s", id%997, k, dom)
		}
		if err := c.cmd("RCPT TO:<"+to+">", '2'); err != nil {
			return 0, 0, err
		}
	}
	if err := c.cmd("DATA", '3'); err != nil {
		return 0, 0, err
	}
	h := fmt.Sprintf("From: Sender <%s>\r\nTo: <%s>\r\nDate: %s\r\nMessage-ID: <%d.%d@source.bench.test>\r\nSubject: benchmark message %d\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\nX-Bench-Id: %d\r\n\r\n",
		*from, rcpt, time.Now().Format(time.RFC1123Z), id, startNS, id, id)
	c.w.WriteString(h)
	if k := *size - len(h); k > 0 {
		c.w.Write(body[:k/78*78])
	}
	c.w.WriteString(".\r\n")
	if err := c.w.Flush(); err != nil {
		return 0, 0, err
	}
	t1 := time.Now()
	err := c.expect('2')
	t2 := time.Now()
	return t2.Sub(t1).Seconds() * 1e3, t2.Sub(t0).Seconds() * 1e3, err
}

func session(wg *sync.WaitGroup) {
	defer wg.Done()
	var myLat, myTx []float64
	defer func() {
		emu.Lock()
		lat = append(lat, myLat...)
		tx = append(tx, myTx...)
		emu.Unlock()
	}()
	var c *client
	n, tries := 0, 0
	pending := int64(-1)
	for {
		id := pending
		if id < 0 {
			i := atomic.AddInt64(&next, 1) - 1
			if i >= *total {
				break
			}
			id = *idBase + i
		}
		pending = id
		if c == nil {
			var err error
			c, err = dial()
			if err != nil {
				note("dial: " + err.Error())
				tries++
				if tries > *retries {
					atomic.AddInt64(&failed, 1)
					return
				}
				time.Sleep(50 * time.Millisecond)
				continue
			}
			n = 0
		}
		l, t, err := c.send(id)
		if err != nil {
			note(err.Error())
			c.c.Close()
			c = nil
			tries++
			if tries > *retries {
				atomic.AddInt64(&failed, 1)
				return
			}
			time.Sleep(50 * time.Millisecond)
			continue
		}
		pending = -1
		atomic.AddInt64(&accept, 1)
		myLat = append(myLat, l)
		myTx = append(myTx, t)
		n++
		if *perConn > 0 && n >= *perConn {
			c.cmd("QUIT", '2')
			c.c.Close()
			c = nil
		}
	}
	if c != nil {
		c.cmd("QUIT", '2')
		c.c.Close()
	}
}

func pct(a []float64, p float64) float64 {
	if len(a) == 0 {
		return 0
	}
	return a[int(p*float64(len(a)-1))]
}

func main() {
	flag.Parse()
	if i := strings.IndexByte(*domains, '*'); i >= 0 {
		n := 0
		fmt.Sscanf((*domains)[i+1:], "%d", &n)
		for k := 1; k <= n; k++ {
			doms = append(doms, fmt.Sprintf((*domains)[:i], k))
		}
	} else {
		doms = strings.Split(*domains, ",")
	}
	rnd := rand.New(rand.NewSource(1))
	const al = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789"
	body = make([]byte, (*size/78+1)*78)
	for i := range body {
		switch i % 78 {
		case 76:
			body[i] = '\r'
		case 77:
			body[i] = '\n'
		case 0:
			body[i] = 'x'
		default:
			body[i] = al[rnd.Intn(len(al))]
		}
	}
	var wg sync.WaitGroup
	for i := 0; i < *conc; i++ {
		wg.Add(1)
		go session(&wg)
	}
	wg.Wait()
	end := time.Now().UnixNano()
	sort.Float64s(lat)
	sort.Float64s(tx)
	s := float64(end-startNS) / 1e9
	json.NewEncoder(os.Stdout).Encode(result{accept, failed, conns, startNS, end, s, float64(accept) / s,
		pct(lat, .5), pct(lat, .9), pct(lat, .99), pct(lat, 1), pct(tx, .5), pct(tx, .99), errs})
}
