package main

import (
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
)

// tell writes what happened to an order, and has it numbered.
func tell(transaction *sql.Tx, kind string, version int64, former *string, told order) error {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return err
	}
	happened := told.CreatedAt
	if told.ConfirmedAt != nil {
		happened = *told.ConfirmedAt
	}
	number := strconv.FormatInt(told.ID, 10)
	items := make([]eventLine, len(told.Items))
	for i, item := range told.Items {
		items[i] = eventLine{item.ProductID, item.SKU, item.Quantity, item.UnitPrice, item.Subtotal}
	}
	body, err := json.Marshal(event{"1.0", fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]), "/orders-api",
		kind, "orders/" + number, happened, "application/json", "urn:orchestrator:" + kind + "-1", number, strconv.FormatInt(version, 10),
		eventData{told.ID, told.CustomerID, version, told.Status, former, nil, told.TotalCents, items}})
	if err != nil {
		return err
	}
	if _, err = transaction.Stmt(insertEvent).Exec(told.ID, version, id[:], kind, body, happened); err != nil {
		return err
	}
	_, err = transaction.Stmt(insertOutbox).Exec(told.ID, version, kind)
	return err
}

type event struct {
	SpecVersion     string    `json:"specversion"`
	ID              string    `json:"id"`
	Source          string    `json:"source"`
	Type            string    `json:"type"`
	Subject         string    `json:"subject"`
	Time            string    `json:"time"`
	DataContentType string    `json:"datacontenttype"`
	DataSchema      string    `json:"dataschema"`
	PartitionKey    string    `json:"partitionkey"`
	Sequence        string    `json:"sequence"`
	Data            eventData `json:"data"`
}

type eventData struct {
	OrderID        int64       `json:"order_id"`
	CustomerID     int64       `json:"customer_id"`
	Version        int64       `json:"version"`
	Status         string      `json:"status"`
	PreviousStatus *string     `json:"previous_status"`
	Reason         *string     `json:"reason"`
	TotalCents     int64       `json:"total_cents"`
	Items          []eventLine `json:"items"`
}

type eventLine struct {
	ProductID int64  `json:"product_id"`
	SKU       string `json:"sku"`
	Quantity  int64  `json:"qty"`
	UnitPrice int64  `json:"unit_price_cents"`
	Subtotal  int64  `json:"subtotal_cents"`
}
