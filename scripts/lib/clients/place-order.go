// place-order ORCHESTRATOR ORDERS KEY: an order by the generated Go clients. The token is in API_TOKEN.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"example.com/place-order/orchestrator"
	"example.com/place-order/orders"
)

func fail(text string, arguments ...any) {
	fmt.Fprintf(os.Stderr, text+"\n", arguments...)
	os.Exit(1)
}

func main() {
	key, token := os.Args[3], os.Getenv("API_TOKEN")
	configuration := orchestrator.NewConfiguration()
	configuration.Servers = orchestrator.ServerConfigurations{{URL: os.Args[1]}}
	client := orchestrator.NewAPIClient(configuration)
	call := context.WithValue(context.Background(), orchestrator.ContextAccessToken, token)
	place := func(key string, product int64) (*orchestrator.OrderConfirmation, error) {
		item := *orchestrator.NewOrderItemDraft(product, 1)
		request := *orchestrator.NewOrderRequest(1, []orchestrator.OrderItemDraft{item}, key)
		confirmation, _, err := client.OrchestrationAPI.CreateAndConfirmOrder(call).OrderRequest(request).Execute()
		return confirmation, err
	}
	first, err := place(key, 1)
	if err != nil {
		fail("no order: %v", err)
	}
	order := first.Data.Order
	if order.Status != "CONFIRMED" {
		fail("the order is %s", order.Status)
	}
	again, err := place(key, 1)
	if err != nil || again.Data.Order.Id != order.Id {
		fail("a repetition did not give the same order: %v", err)
	}
	ordersConfiguration := orders.NewConfiguration()
	ordersConfiguration.Servers = orders.ServerConfigurations{{URL: os.Args[2]}}
	read := context.WithValue(context.Background(), orders.ContextAccessToken, token)
	found, _, err := orders.NewAPIClient(ordersConfiguration).OrdersAPI.GetOrder(read, order.Id).Execute()
	if err != nil || found.Data.TotalCents != order.TotalCents {
		fail("the order is not found as it was made: %v", err)
	}
	_, err = place(key+"-unknown", 999999999)
	problem, isProblem := err.(*orchestrator.GenericOpenAPIError)
	if !isProblem || !strings.Contains(string(problem.Body()), "product-not-found") {
		fail("an order of an unknown product was not refused as such: %v", err)
	}
	fmt.Println(order.Id)
}
