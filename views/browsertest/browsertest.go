// Package browsertest starts the Chromium in which tests look at pages.
package browsertest

import (
	"context"
	"errors"
	"os/exec"

	"github.com/chromedp/chromedp"
)

// headlessShell is Debian's Chromium without the windows, menus and services of a desktop: the same
// pages cost half the processor time. Where it is not installed any Chromium does.
const headlessShell = "chromium-headless-shell"

// Start starts Chromium with more options than its own. The caller calls end, also after an error,
// which says what to install where there is no Chromium.
func Start(more ...chromedp.ExecAllocatorOption) (ctx context.Context, end func(), err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU)
	if path, err := exec.LookPath(headlessShell); err == nil {
		options = append(options, chromedp.ExecPath(path))
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	ctx, cancel := chromedp.NewContext(allocator)
	if err = chromedp.Do(ctx); errors.Is(err, exec.ErrNotFound) {
		err = errors.New("no Chromium is installed: `make deps` installs it on Debian and Ubuntu")
	}
	return ctx, func() { cancel(); stop() }, err
}
