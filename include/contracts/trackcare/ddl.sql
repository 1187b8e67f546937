-- TrakCare side, InterSystems SQL (IRIS or Caché), schema SQLUser: the integration table that the hub reads and, in the initial load, fills.
-- Written after the vendor's documentation and not run on IRIS by this project's tests (docs/iris.md). Run as a user who may create in SQLUser.

CREATE TABLE SQLUser.PacienteSES (
    PacienteId        BIGINT        NOT NULL,   -- PA_Person.PAPER_RowId
    Prontuario        VARCHAR(30),              -- PA_PatMas.PAPMI_No
    Nome              VARCHAR(250),             -- PAPER_Name, as it stands
    Nome2             VARCHAR(250),             -- PAPER_Name2
    Nome3             VARCHAR(250),             -- PAPER_Name3
    NomeMae           VARCHAR(250),             -- PAPER_MotherName
    DataNascimento    DATE,                     -- PAPER_Dob
    Sexo              VARCHAR(10),              -- CT_Sex.CTSEX_Code
    Documento         VARCHAR(30),              -- PAPER_ID (CPF)
    Cartao            VARCHAR(30),              -- PAPER_GovernCardNo (CNS)
    Celular           VARCHAR(60),              -- PAPER_MobPhone
    Email             VARCHAR(250),             -- PAPER_Email
    Obito             VARCHAR(1),               -- PAPER_Deceased
    DataObito         DATE,                     -- PAPER_Deceased_Date
    UnificadoCom      BIGINT,                   -- PAPER_RowId of the patient that this one was merged into
    AlteradoClinicoEm TIMESTAMP,                -- last change of an episode or of anything below one
    AtualizadoEm      TIMESTAMP     NOT NULL,   -- last write of this row, local time; only ever grows
    CONSTRAINT PacienteSES_PK PRIMARY KEY (PacienteId)
);
CREATE INDEX PacienteSES_Marcador ON TABLE SQLUser.PacienteSES (AtualizadoEm, PacienteId);

-- The hub's account: reads TrakCare's tables, writes this one only.
GRANT SELECT, INSERT ON SQLUser.PacienteSES TO FUSION_INTEGRACAO;

-- Upkeep after the initial load. A change of registration copies the columns; a change below an episode sets AlteradoClinicoEm. One pair is
-- shown; repeat the second for PA_AdmTransaction, PA_Allergy, MR_Diagnos, MR_Observations, MR_NursingNotes, MR_Procedures, OE_OrdItem and
-- RB_OperatingRoom with each table's own way to the patient (include/sql/trackcare has the joins). SQL triggers fire for SQL statements;
-- where TrakCare saves through objects the class needs Foreach = row/object. A site that may not change vendor classes lets a scheduled
-- task write the same columns from the tables' *_UpdateDate and *_UpdateTime.
CREATE TRIGGER SQLUser.FusionPessoaAlterada AFTER UPDATE ON SQLUser.PA_Person REFERENCING NEW ROW AS n
BEGIN
    UPDATE SQLUser.PacienteSES
       SET Nome = n.PAPER_Name, Nome2 = n.PAPER_Name2, Nome3 = n.PAPER_Name3, NomeMae = n.PAPER_MotherName, DataNascimento = n.PAPER_Dob,
           Documento = n.PAPER_ID, Cartao = n.PAPER_GovernCardNo, Celular = n.PAPER_MobPhone, Email = n.PAPER_Email, Obito = n.PAPER_Deceased,
           DataObito = n.PAPER_Deceased_Date, AtualizadoEm = CURRENT_TIMESTAMP(3)
     WHERE PacienteId = n.PAPER_RowId;
END;
CREATE TRIGGER SQLUser.FusionAdmissaoAlterada AFTER INSERT, UPDATE ON SQLUser.PA_Adm REFERENCING NEW ROW AS n
BEGIN
    UPDATE SQLUser.PacienteSES
       SET AlteradoClinicoEm = CURRENT_TIMESTAMP(3), AtualizadoEm = CURRENT_TIMESTAMP(3)
     WHERE PacienteId = (SELECT PAPMI_PAPER_DR FROM SQLUser.PA_PatMas WHERE PAPMI_RowId1 = n.PAADM_PAPMI_DR);
END;
