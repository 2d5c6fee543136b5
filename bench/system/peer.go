// The three services as an engineer would first write them in Go: net/http, encoding/json and database/sql, on the same tables
// and with the same statements. Only the way of a successful request is here: no key is replayed, nothing is retried or logged.
//
// peer customers | orders | orchestrator     reads PORT, SERVICE_TOKEN, API_TOKEN, DB_* and *_API_BASE as the services do
package main

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

const each = "CASE id WHEN ? THEN ? WHEN ? THEN ? END"

type customer struct {
	ID           int64   `json:"id"`
	Name         string  `json:"name"`
	Email        string  `json:"email"`
	Phone        string  `json:"phone"`
	IdentityCard *string `json:"identity_card"`
	Address      *string `json:"address"`
	IsActive     bool    `json:"is_active"`
	CreatedAt    string  `json:"created_at"`
	UpdatedAt    string  `json:"updated_at"`
}

type line struct {
	ProductID int64  `json:"product_id"`
	SKU       string `json:"sku"`
	Name      string `json:"name"`
	Quantity  int64  `json:"qty"`
	UnitPrice int64  `json:"unit_price_cents"`
	Subtotal  int64  `json:"subtotal_cents"`
}

type order struct {
	ID            int64   `json:"id"`
	CustomerID    int64   `json:"customer_id"`
	CustomerName  string  `json:"customer_name"`
	CustomerEmail string  `json:"customer_email"`
	CustomerPhone string  `json:"customer_phone"`
	Status        string  `json:"status"`
	CancelReason  *string `json:"cancel_reason"`
	TotalCents    int64   `json:"total_cents"`
	Items         []line  `json:"items"`
	CreatedAt     string  `json:"created_at"`
	ConfirmedAt   *string `json:"confirmed_at"`
	CanceledAt    *string `json:"canceled_at"`
}

type newOrder struct {
	CustomerID int64     `json:"customer_id"`
	Customer   *customer `json:"customer,omitempty"`
	Items      []line    `json:"items"`
	Key        string    `json:"idempotency_key,omitempty"`
}

type remembered struct {
	customer customer
	until    time.Time
}

var (
	database                *sql.DB
	serviceToken            = "Bearer " + os.Getenv("SERVICE_TOKEN")
	apiToken                = "Bearer " + os.Getenv("API_TOKEN")
	customers               sync.Map // By id, for a second, as the services remember them.
	client                  = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	findCustomer            *sql.Stmt
	findProducts            *sql.Stmt
	insertOrder             *sql.Stmt
	insertKey               *sql.Stmt
	insertItems             *sql.Stmt
	insertEvent             *sql.Stmt
	insertOutbox            *sql.Stmt
	takeStock               *sql.Stmt
	lockOrder               *sql.Stmt
	updateOrder             *sql.Stmt
	customersAPI, ordersAPI = os.Getenv("CUSTOMERS_API_BASE"), os.Getenv("ORDERS_API_BASE")
)

func openDatabase(name string) {
	address := "tcp(" + os.Getenv("DB_HOST") + ":" + os.Getenv("DB_PORT") + ")"
	if socket := os.Getenv("DB_SOCKET"); socket != "" {
		address = "unix(" + socket + ")"
	}
	opened, err := sql.Open("mysql", os.Getenv("DB_USERNAME")+":"+os.Getenv("DB_PASSWORD")+"@"+address+"/"+name+
		"?time_zone=%27%2B00%3A00%27&tx_isolation=%27READ-COMMITTED%27")
	if err != nil {
		log.Fatal(err)
	}
	database = opened
	database.SetMaxOpenConns(8) // As many as a service has by default.
	database.SetMaxIdleConns(8)
}

func prepare(query string) *sql.Stmt {
	statement, err := database.Prepare(query)
	if err != nil {
		log.Fatal(err)
	}
	return statement
}

// serve registers a handler that needs one of the tokens; what it returns is the reply's data.
func serve(pattern, method string, status int, handler func(*http.Request) (any, error)) {
	http.HandleFunc(pattern, func(writer http.ResponseWriter, request *http.Request) {
		token := request.Header.Get("Authorization")
		if request.Method != method || (token != serviceToken && token != apiToken) {
			http.Error(writer, "{}", http.StatusUnauthorized)
			return
		}
		data, err := handler(request)
		if err != nil {
			http.Error(writer, fmt.Sprintf("{\"detail\":%q}", err.Error()), http.StatusInternalServerError)
			return
		}
		bytes, ok := data.([]byte)
		if !ok {
			bytes, _ = json.Marshal(map[string]any{"data": data})
		}
		writer.Header().Set("Content-Type", "application/json")
		writer.WriteHeader(status)
		writer.Write(bytes)
	})
}

func readCustomer(request *http.Request) (any, error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(request.URL.Path, "/admin/customers/find-one/"), 10, 64)
	if err != nil {
		return nil, err
	}
	var found customer
	var version int64
	err = findCustomer.QueryRow(id).Scan(&found.ID, &found.Name, &found.Email, &found.Phone, &found.IdentityCard, &found.Address,
		&found.IsActive, &found.CreatedAt, &found.UpdatedAt, &version)
	return found, err
}

// call sends a request to another service, and reads the data of its reply into `data`.
func call(method, url, key string, body, data any) error {
	sent, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(method, url, bytes.NewReader(sent))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", serviceToken)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Idempotency-Key", key)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		text, _ := io.ReadAll(response.Body)
		return fmt.Errorf("%s: %d %s", url, response.StatusCode, text)
	}
	return json.NewDecoder(response.Body).Decode(&struct {
		Data any `json:"data"`
	}{data})
}

func askForCustomer(id int64) (*customer, error) {
	if known, ok := customers.Load(id); ok && time.Now().Before(known.(remembered).until) {
		found := known.(remembered).customer
		return &found, nil
	}
	var found customer
	if err := call("GET", customersAPI+"/admin/customers/find-one/"+strconv.FormatInt(id, 10), "", nil, &found); err != nil {
		return nil, err
	}
	customers.Store(id, remembered{found, time.Now().Add(time.Second)})
	return &found, nil
}

func create(request *http.Request) (any, error) {
	var draft newOrder
	if err := json.NewDecoder(request.Body).Decode(&draft); err != nil {
		return nil, err
	}
	if len(draft.Items) != 2 {
		return nil, fmt.Errorf("this peer takes orders of two lines")
	}
	if draft.Customer == nil {
		found, err := askForCustomer(draft.CustomerID)
		if err != nil {
			return nil, err
		}
		draft.Customer = found
	}
	items := draft.Items
	sort.Slice(items, func(a, b int) bool { return items[a].ProductID < items[b].ProductID })
	transaction, err := database.Begin()
	if err != nil {
		return nil, err
	}
	defer transaction.Rollback()
	made, err := price(transaction, draft)
	if err != nil {
		return nil, err
	}
	result, err := transaction.Stmt(insertOrder).Exec(1, made.CustomerID, made.CustomerName, made.CustomerEmail, made.CustomerPhone,
		made.Status, made.TotalCents, made.CreatedAt)
	if err != nil {
		return nil, err
	}
	made.ID, _ = result.LastInsertId()
	reply, err := keepReply(transaction, "createOrder", request.Header.Get("X-Idempotency-Key"), 201, made)
	if err != nil {
		return nil, err
	}
	a, b := items[0], items[1]
	if err = tell(transaction, "order.created", 1, nil, made); err != nil {
		return nil, err
	}
	if _, err = transaction.Stmt(insertItems).Exec(made.ID, 1, a.ProductID, a.SKU, a.Name, a.Quantity, a.UnitPrice, a.Subtotal,
		made.ID, 2, b.ProductID, b.SKU, b.Name, b.Quantity, b.UnitPrice, b.Subtotal); err != nil {
		return nil, err
	}
	taken, err := transaction.Stmt(takeStock).Exec(a.ProductID, a.Quantity, b.ProductID, b.Quantity, a.ProductID, b.ProductID,
		a.ProductID, a.Quantity, b.ProductID, b.Quantity, a.ProductID, a.UnitPrice, b.ProductID, b.UnitPrice)
	if err != nil {
		return nil, err
	}
	if count, _ := taken.RowsAffected(); count != 2 {
		return nil, fmt.Errorf("a product is not there as it was")
	}
	return reply, transaction.Commit()
}

// price makes the order of what the products' rows say.
func price(transaction *sql.Tx, draft newOrder) (order, error) {
	made := order{CustomerID: draft.CustomerID, CustomerName: draft.Customer.Name, CustomerEmail: draft.Customer.Email,
		CustomerPhone: draft.Customer.Phone, Status: "CREATED", Items: draft.Items}
	rows, err := transaction.Stmt(findProducts).Query(draft.Items[0].ProductID, draft.Items[1].ProductID)
	if err != nil {
		return made, err
	}
	defer rows.Close()
	for i := 0; rows.Next() && i < 2; i++ {
		var id, stock, version int64
		var description *string
		var isActive bool
		var createdAt, updatedAt string
		item := &made.Items[i]
		if err := rows.Scan(&id, &item.SKU, &item.Name, &description, &item.UnitPrice, &stock, &isActive, &createdAt, &updatedAt,
			&version, &made.CreatedAt); err != nil {
			return made, err
		}
		if id != item.ProductID || !isActive || stock < item.Quantity {
			return made, fmt.Errorf("product %d cannot be had", item.ProductID)
		}
		item.Subtotal = item.Quantity * item.UnitPrice
		made.TotalCents += item.Subtotal
	}
	return made, rows.Err()
}

// keepReply keeps what is answered under the key, and returns it.
func keepReply(transaction *sql.Tx, scope, key string, status int, made order) ([]byte, error) {
	reply, err := json.Marshal(map[string]any{"data": made})
	if err != nil {
		return nil, err
	}
	var location *string
	if status == 201 {
		path := "/admin/orders/find-one/" + strconv.FormatInt(made.ID, 10)
		location = &path
	}
	fingerprint := sha256.Sum256(reply)
	_, err = transaction.Stmt(insertKey).Exec(scope, key, fingerprint[:], status, location, reply, 72)
	return reply, err
}

func confirm(request *http.Request) (any, error) {
	id, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimPrefix(request.URL.Path, "/admin/orders/"), "/confirm"), 10, 64)
	if err != nil {
		return nil, err
	}
	transaction, err := database.Begin()
	if err != nil {
		return nil, err
	}
	defer transaction.Rollback()
	rows, err := transaction.Stmt(lockOrder).Query(id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found order
	var now string
	var version int64
	for rows.Next() {
		var item line
		var orderID int64
		if err := rows.Scan(&found.ID, &version, &found.CustomerID, &found.CustomerName, &found.CustomerEmail, &found.CustomerPhone,
			&found.Status, &found.CancelReason, &found.TotalCents, &found.CreatedAt, &found.ConfirmedAt, &found.CanceledAt, &orderID,
			&item.ProductID, &item.SKU, &item.Name, &item.Quantity, &item.UnitPrice, &item.Subtotal, &now); err != nil {
			return nil, err
		}
		found.Items = append(found.Items, item)
	}
	if found.Status != "CREATED" {
		return nil, fmt.Errorf("order %d cannot be confirmed", id)
	}
	found.Status, found.ConfirmedAt = "CONFIRMED", &now
	reply, err := keepReply(transaction, fmt.Sprintf("confirmOrder:%d", id), request.Header.Get("X-Idempotency-Key"), 200, found)
	if err != nil {
		return nil, err
	}
	former := "CREATED"
	if err = tell(transaction, "order.confirmed", version+1, &former, found); err != nil {
		return nil, err
	}
	if _, err = transaction.Stmt(updateOrder).Exec(version+1, found.Status, nil, now, nil, id); err != nil {
		return nil, err
	}
	return reply, transaction.Commit()
}

func createAndConfirm(request *http.Request) (any, error) {
	var draft newOrder
	if err := json.NewDecoder(request.Body).Decode(&draft); err != nil {
		return nil, err
	}
	found, err := askForCustomer(draft.CustomerID)
	if err != nil {
		return nil, err
	}
	key := draft.Key
	draft.Customer, draft.Key = found, ""
	var created, confirmed order
	if err := call("POST", ordersAPI+"/admin/orders/create-order", key+"-create", draft, &created); err != nil {
		return nil, err
	}
	err = call("POST", ordersAPI+"/admin/orders/"+strconv.FormatInt(created.ID, 10)+"/confirm", key+"-confirm", nil, &confirmed)
	return map[string]any{"customer": found, "order": confirmed}, err
}

func main() {
	live := func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Content-Type", "application/json")
		io.WriteString(writer, "{\"status\":\"live\"}")
	}
	http.HandleFunc("/health/live", live)
	http.HandleFunc("/health/ready", live)
	switch os.Args[1] {
	case "customers":
		openDatabase("customers")
		findCustomer = prepare("SELECT id, name, email, phone, identity_card, address, is_active, created_at, updated_at, version " +
			"FROM customers WHERE id = ?")
		serve("/admin/customers/find-one/", "GET", 200, readCustomer)
	case "orders":
		openDatabase("orders")
		findProducts = prepare("SELECT id, sku, name, description, price_cents, stock, is_active, created_at, updated_at, version, " +
			"UTC_TIMESTAMP(6) AS now FROM products WHERE id IN (?, ?) ORDER BY id")
		insertOrder = prepare("INSERT INTO orders (version, customer_id, customer_name, customer_email, customer_phone, status, total_cents, " +
			"created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
		insertKey = prepare("INSERT INTO idempotency_keys (scope, idempotency_key, fingerprint, status_code, location, response_body, " +
			"created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL ? HOUR)")
		insertEvent = prepare("INSERT INTO order_events (order_id, version, event_id, type, body, created_at) VALUES (?, ?, ?, ?, ?, ?)")
		insertOutbox = prepare("INSERT INTO event_outbox (order_id, version, type) VALUES (?, ?, ?)")
		insertItems = prepare("INSERT INTO order_items (order_id, line_number, product_id, sku, name, qty, unit_price_cents, " +
			"subtotal_cents) VALUES (?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?)")
		takeStock = prepare("UPDATE products FORCE INDEX (PRIMARY) SET stock = stock - " + each + " WHERE id IN (?, ?) AND stock >= " +
			each + " AND price_cents = " + each + " AND is_active ORDER BY id")
		lockOrder = prepare("SELECT id, version, customer_id, customer_name, customer_email, customer_phone, status, cancel_reason, " +
			"total_cents, created_at, confirmed_at, canceled_at, order_id, product_id, sku, name, qty, unit_price_cents, " +
			"subtotal_cents, UTC_TIMESTAMP(6) AS now FROM orders JOIN order_items ON order_id = id WHERE id = ? " +
			"ORDER BY line_number FOR UPDATE")
		updateOrder = prepare("UPDATE orders SET version = ?, status = ?, cancel_reason = ?, confirmed_at = ?, canceled_at = ? WHERE id = ?")
		serve("/admin/orders/create-order", "POST", 201, create)
		serve("/admin/orders/", "POST", 200, confirm)
	case "orchestrator":
		serve("/orchestrator/create-and-confirm-order", "POST", 201, createAndConfirm)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		<-signals
		os.Exit(0)
	}()
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
