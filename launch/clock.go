package launch

import (
	"sync"
	"time"
)

// askTime is how long a question of the server's may stop the clocks: some clients
// never answer one.
const askTime = 10 * time.Minute

// maxClocks is how many requests are measured at once; more wait as long as they like.
const maxClocks = 4096

// clocks measure how long requests of the client's wait for their answers. While
// the server has asked the client something, which mostly is a person's to answer,
// they stand still, and begin anew after it. The zero value is ready.
type clocks struct {
	mu      sync.Mutex
	running map[string]*clock // by the request's id as spelled
	asking  map[string]bool   // ids of the server's requests that the client has not answered
	unsure  bool              // an answer is on its way, and it isn't known to which request
}

// clock is one request's.
type clock struct {
	limit time.Duration
	timer *time.Timer
	out   func() // called once, on a goroutine of its own, when the time is over
	due   bool   // it is, but what is on its way may be the answer
}

// start measures the request id; one that already is under this id is forgotten.
func (c *clocks) start(id string, limit time.Duration, out func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(id)
	if len(c.running) >= maxClocks {
		return
	}
	if c.running == nil {
		c.running = map[string]*clock{}
	}
	k := &clock{limit: limit, out: out}
	c.running[id] = k
	if len(c.asking) == 0 {
		c.wind(id, k)
	}
}

func (c *clocks) wind(id string, k *clock) {
	k.timer = time.AfterFunc(k.limit, func() { c.ring(id, k) })
}

// stop ends the measuring of a request that is over.
func (c *clocks) stop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(id)
}

func (c *clocks) drop(id string) {
	k := c.running[id]
	if k == nil {
		return
	}
	delete(c.running, id)
	k.rest()
	if len(c.running) == 0 {
		clear(c.asking) // it may not care for an answer any more
	}
}

func (k *clock) rest() {
	if k.timer != nil {
		k.timer.Stop()
	}
	k.timer, k.due = nil, false
}

func (c *clocks) ring(id string, k *clock) {
	c.mu.Lock()
	if c.running[id] != k || len(c.asking) > 0 {
		c.mu.Unlock()
		return
	}
	if k.due = c.unsure; k.due {
		c.mu.Unlock()
		return
	}
	delete(c.running, id)
	c.mu.Unlock()
	k.out()
}

// doubt notes that an answer begins whose request is not known yet, until sure.
func (c *clocks) doubt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unsure = true
}

// sure ends doubt: what is measured still was not what came.
func (c *clocks) sure() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unsure = false
	for id, k := range c.running {
		if k.due {
			delete(c.running, id)
			go k.out()
		}
	}
}

// asked notes a request of the server's, which a ping asks of nobody.
func (c *clocks) asked(id, method string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if method == "ping" || len(c.running) == 0 || len(c.asking) >= maxPending {
		return
	}
	if c.asking == nil {
		c.asking = map[string]bool{}
	}
	c.asking[id] = true
	time.AfterFunc(askTime, func() { c.replied(id) })
	for _, k := range c.running {
		k.rest()
	}
}

// replied notes the client's answer to one, or that the server waits for it no longer.
func (c *clocks) replied(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.asking[id] {
		return
	}
	delete(c.asking, id)
	if len(c.asking) > 0 {
		return
	}
	for id, k := range c.running {
		c.wind(id, k)
	}
}
