var _="7cae297be33d";self.addEventListener("install",()=>_);
