print("Nothing to do yet.")
