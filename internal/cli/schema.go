package cli

import "patchbay/internal/service"

type schemaCommand struct{}

func (schemaCommand) Run(c *console) error {
	_, err := c.out.Write(service.Schema())
	return err
}
