package companion

import "sync"

// looked is what a user has asked to look into, and whom to tell.
type looked struct {
	sync.Mutex
	into map[string]bool
	tell []func()
}

// LookInto has the States of this process tell what stands in the client's files,
// also where they are not kept in step: its user asked for it.
func (c *Companion) LookInto(client string) {
	c.seen.Lock()
	defer c.seen.Unlock()
	if c.seen.into == nil {
		c.seen.into = map[string]bool{}
	}
	c.seen.into[client] = true
	for _, tell := range c.seen.tell {
		tell()
	}
}

// mayLookInto reports whether the files of an unmanaged client may be read, and
// those in projects' folders of a managed one.
func (c *Companion) mayLookInto(client string) bool {
	if c.system.OS != "darwin" {
		return true
	}
	c.seen.Lock()
	defer c.seen.Unlock()
	return c.seen.into[client]
}

// onLook has tell called after every LookInto.
func (c *Companion) onLook(tell func()) {
	c.seen.Lock()
	defer c.seen.Unlock()
	c.seen.tell = append(c.seen.tell, tell)
}
