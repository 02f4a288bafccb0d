//go:build headless

package main

import (
	"context"

	"mcp-companion/companion"
)

// The lean program: no Fyne, no display library.

// start is the program without arguments: the tray, and the window at first start.
func start(ctx context.Context, c *companion.Companion) int {
	if c.IsFirstStart() {
		show(c, "") // without a window there still is the tray
	}
	return resident(ctx, c)
}

// window has the window's own program show it.
func window(_ context.Context, c *companion.Companion, page string) int { return show(c, page) }
